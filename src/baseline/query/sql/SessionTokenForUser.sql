-- name: SessionTokenForUser
-- title: Long-lived keys exchanged for sessions
-- description: IAM users who made themselves temporary credentials with GetSessionToken or
--   GetFederationToken.
-- why: Temporary credentials outlive the key that made them: a key that is switched off does not
--   end them. GetFederationToken can even open the console.
-- topic: identity
-- mitre: T1550.001
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.name'), useridentity.username) AS resource,
  json_extract_scalar(responseelements, '$.credentials.accessKeyId') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'sts.amazonaws.com'
  AND eventname IN ('GetSessionToken', 'GetFederationToken')
  AND useridentity.type = 'IAMUser'
  AND errorcode IS NULL
ORDER BY time DESC
