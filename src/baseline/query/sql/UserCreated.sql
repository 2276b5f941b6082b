-- name: UserCreated
-- title: IAM users created
-- description: New IAM users, by whom and from where.
-- why: A user with a password or a key is the classic way to come back. With single sign-on there
--   is hardly a reason for one.
-- topic: identity
-- mitre: T1136.003
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.userName') AS resource,
  json_extract_scalar(requestparameters, '$.path') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname = 'CreateUser'
  AND errorcode IS NULL
ORDER BY time DESC
