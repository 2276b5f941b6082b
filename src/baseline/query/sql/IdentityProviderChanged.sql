-- name: IdentityProviderChanged
-- title: Identity providers added, changed or removed
-- description: SAML and OpenID Connect providers of an account created, changed or deleted; not by
--   IAM Identity Center itself.
-- why: Whoever owns an identity provider signs in as whom he likes, and no password is asked for.
-- topic: identity
-- mitre: T1484.002
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.name'), json_extract_scalar(requestparameters, '$.sAMLProviderArn'), json_extract_scalar(requestparameters, '$.openIDConnectProviderArn'), json_extract_scalar(requestparameters, '$.url')) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN (
    'CreateSAMLProvider',
    'UpdateSAMLProvider',
    'DeleteSAMLProvider',
    'CreateOpenIDConnectProvider',
    'UpdateOpenIDConnectProviderThumbprint',
    'AddClientIDToOpenIDConnectProvider'
  )
  AND coalesce(useridentity.invokedby, '') <> 'sso.amazonaws.com'
  AND errorcode IS NULL
ORDER BY time DESC
