-- name: DatabaseSnapshotMade
-- title: Database snapshots made by hand
-- description: Snapshots of RDS databases that somebody asked for; not those that RDS and AWS
--   Backup make by themselves.
-- why: The first of three steps by which a database is stolen: make, share, restore elsewhere.
-- topic: exfiltration
-- mitre: T1537
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'), json_extract_scalar(requestparameters, '$.dBClusterIdentifier')) AS resource,
  coalesce(json_extract_scalar(requestparameters, '$.dBSnapshotIdentifier'), json_extract_scalar(requestparameters, '$.dBClusterSnapshotIdentifier')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND eventname IN ('CreateDBSnapshot', 'CreateDBClusterSnapshot')
  AND coalesce(eventtype, '') <> 'AwsServiceEvent'
  AND useridentity.type <> 'AWSService'
  AND useridentity.invokedby IS NULL
  AND coalesce(json_extract_scalar(responseelements, '$.snapshotType'), 'manual') NOT IN ('automated', 'awsbackup')
  AND errorcode IS NULL
ORDER BY time DESC
