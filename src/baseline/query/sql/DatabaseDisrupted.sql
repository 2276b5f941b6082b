-- name: DatabaseDisrupted
-- title: Databases rebooted or failed over by hand
-- description: Reboots and forced failovers of RDS databases and clusters.
-- why: Seconds to minutes of outage; repeated, it is an attack on availability.
-- topic: impact
-- mitre: T1529
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.dBInstanceIdentifier'), json_extract_scalar(requestparameters, '$.dBClusterIdentifier'), json_extract_scalar(requestparameters, '$.globalClusterIdentifier')) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND eventname IN (
    'RebootDBInstance',
    'RebootDBCluster',
    'RebootDBShardGroup',
    'FailoverDBCluster',
    'FailoverGlobalCluster'
  )
  AND errorcode IS NULL
ORDER BY time DESC
