-- name: LogGroupDeleted
-- title: Log groups, alarms and metric filters removed
-- description: CloudWatch log groups and streams deleted, their subscriptions and metric filters
--   removed, and alarms deleted or silenced.
-- why: Logs that were here, and alarms that would have rung.
-- topic: defence evasion
-- mitre: T1562.008
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.logGroupName'), json_extract_scalar(requestparameters, '$.alarmNames[0]'), json_extract_scalar(requestparameters, '$.destinationName')) AS resource,
  coalesce(json_extract_scalar(requestparameters, '$.logStreamName'), json_extract_scalar(requestparameters, '$.filterName')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('logs.amazonaws.com', 'monitoring.amazonaws.com')
  AND eventname IN (
    'DeleteLogGroup',
    'DeleteLogStream',
    'DeleteMetricFilter',
    'DeleteSubscriptionFilter',
    'DeleteDestination',
    'DeleteAlarms',
    'DisableAlarmActions'
  )
  AND useridentity.invokedby IS NULL
  AND errorcode IS NULL
ORDER BY time DESC
