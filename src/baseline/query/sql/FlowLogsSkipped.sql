-- name: FlowLogsSkipped
-- title: Flow records that were lost
-- description: Intervals in which flow logs skipped records, by interface and day, because of an
--   error or a limit of AWS.
-- why: What is not recorded did happen all the same: an empty answer over these hours proves
--   nothing.
-- topic: network
-- mitre: T1562.008
-- severity: informational
-- parameter: days integer = 30: How many days to look back.
SELECT
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS time,
  account,
  region,
  interface_id AS principal,
  CAST(NULL AS varchar) AS sourceip,
  'SKIPDATA' AS event,
  interface_id AS resource,
  cast(count(*) AS varchar) || ' intervals' AS detail,
  CAST(NULL AS varchar) AS eventid
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND log_status = 'SKIPDATA'
GROUP BY account, region, interface_id, date
ORDER BY time DESC
