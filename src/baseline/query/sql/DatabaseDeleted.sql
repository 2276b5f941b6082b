-- name: DatabaseDeleted
-- title: Databases deleted
-- description: RDS databases, clusters and their automated backups deleted.
-- why: Without a final snapshot nothing brings them back.
-- topic: impact
-- mitre: T1485
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'), json_extract_scalar(requestparameters, '$.dBClusterIdentifier'), json_extract_scalar(requestparameters, '$.globalClusterIdentifier')) AS resource,
  'final snapshot skipped: ' || coalesce(json_extract_scalar(requestparameters, '$.skipFinalSnapshot'), 'false') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND eventname IN (
    'DeleteDBInstance',
    'DeleteDBCluster',
    'DeleteGlobalCluster',
    'DeleteDBInstanceAutomatedBackup',
    'DeleteDBClusterAutomatedBackup'
  )
  AND errorcode IS NULL
ORDER BY time DESC
