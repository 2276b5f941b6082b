-- name: ConsoleLoginWithoutMfa
-- title: Console logins without a second factor
-- description: Successful console logins of root and IAM users for which no MFA device was used.
--   Federated users are left out: their second factor is their identity provider's, and not in the
--   log.
-- why: A password alone is phished, guessed or reused.
-- topic: identity
-- mitre: T1078.004
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(useridentity.username, useridentity.type) AS resource,
  json_extract_scalar(additionaleventdata, '$.LoginTo') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND useridentity.type IN ('Root', 'IAMUser')
  AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
  AND json_extract_scalar(additionaleventdata, '$.MFAUsed') = 'No'
  AND json_extract_scalar(additionaleventdata, '$.SamlProviderArn') IS NULL
ORDER BY time DESC
