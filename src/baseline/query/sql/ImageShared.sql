-- name: ImageShared
-- title: Machine images shared
-- description: AMIs that other accounts, or everybody, may now launch.
-- why: An image holds what the disk held: code, keys, data.
-- topic: exfiltration
-- mitre: T1537
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.imageId') AS resource,
  json_format(json_extract(requestparameters, '$.launchPermission.add')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname = 'ModifyImageAttribute'
  AND json_extract(requestparameters, '$.launchPermission.add') IS NOT NULL
  AND errorcode IS NULL
ORDER BY time DESC
