-- name: TrailStopped
-- title: Trails that were stopped or deleted
-- description: Calls that made a trail, or an event data store of CloudTrail Lake, record nothing
--   any more.
-- why: An attacker's early step: what is not recorded cannot be found. Ask at once what else the
--   caller did before.
-- topic: defence evasion
-- mitre: T1562.008
-- severity: critical
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.name'), json_extract_scalar(requestparameters, '$.trailName'), json_extract_scalar(requestparameters, '$.eventDataStore')) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'cloudtrail.amazonaws.com'
  AND eventname IN (
    'StopLogging',
    'DeleteTrail',
    'StopEventDataStoreIngestion',
    'DeleteEventDataStore'
  )
  AND errorcode IS NULL
ORDER BY time DESC
