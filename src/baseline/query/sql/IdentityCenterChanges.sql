-- name: IdentityCenterChanges
-- title: Who was given what in IAM Identity Center
-- description: Account assignments, permission sets and users changed in IAM Identity Center.
-- why: One assignment opens many accounts at once.
-- topic: identity
-- mitre: T1098
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.targetId') AS toaccount,
  coalesce(json_extract_scalar(requestparameters, '$.permissionSetArn'), json_extract_scalar(requestparameters, '$.name')) AS permissionset,
  json_extract_scalar(requestparameters, '$.principalId') AS grantee,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
  AND coalesce(readonly, 'false') <> 'true'
ORDER BY time DESC
