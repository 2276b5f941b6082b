-- name: UserDataChanged
-- title: Start scripts of instances changed
-- description: The user data of an existing EC2 instance was changed.
-- why: It runs as root at the next start: a way to execute anything, and to stay.
-- topic: persistence
-- mitre: T1059.009
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.instanceId') AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname = 'ModifyInstanceAttribute'
  AND json_extract(requestparameters, '$.userData') IS NOT NULL
  AND errorcode IS NULL
ORDER BY time DESC
