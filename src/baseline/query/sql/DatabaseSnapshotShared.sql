-- name: DatabaseSnapshotShared
-- title: Database snapshots shared
-- description: Snapshots of RDS databases and clusters that other accounts, or everybody, may now
--   restore.
-- why: The whole database, in somebody else's account.
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
  coalesce(json_extract_scalar(requestparameters, '$.dBSnapshotIdentifier'), json_extract_scalar(requestparameters, '$.dBClusterSnapshotIdentifier')) AS resource,
  json_format(json_extract(requestparameters, '$.valuesToAdd')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND eventname IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute')
  AND json_extract_scalar(requestparameters, '$.attributeName') = 'restore'
  AND json_extract_scalar(requestparameters, '$.valuesToAdd[0]') IS NOT NULL
  AND errorcode IS NULL
ORDER BY time DESC
