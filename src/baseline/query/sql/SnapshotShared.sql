-- name: SnapshotShared
-- title: EBS snapshots shared
-- description: Snapshots that other accounts, or everybody, may now copy.
-- why: A disk leaves the account without one byte through the network.
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
  json_extract_scalar(requestparameters, '$.snapshotId') AS resource,
  json_format(json_extract(requestparameters, '$.createVolumePermission.add')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname = 'ModifySnapshotAttribute'
  AND json_extract(requestparameters, '$.createVolumePermission.add') IS NOT NULL
  AND errorcode IS NULL
ORDER BY time DESC
