-- name: DatabaseMadePublic
-- title: Databases reachable from the internet
-- description: RDS databases created or changed to be publicly accessible.
-- why: A password is then all that stands between the internet and the data.
-- topic: exfiltration
-- mitre: T1190
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'), json_extract_scalar(requestparameters, '$.dBClusterIdentifier')) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND eventname IN ('CreateDBInstance', 'ModifyDBInstance', 'CreateDBCluster', 'ModifyDBCluster', 'RestoreDBInstanceFromDBSnapshot')
  AND json_extract_scalar(requestparameters, '$.publiclyAccessible') = 'true'
  AND errorcode IS NULL
ORDER BY time DESC
