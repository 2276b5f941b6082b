-- name: ConfigStopped
-- title: AWS Config stopped or deleted
-- description: Configuration recorders stopped or deleted, and delivery channels, rules or
--   aggregators deleted.
-- why: Without Config nobody can say afterwards what a resource looked like.
-- topic: defence evasion
-- mitre: T1562.001
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.configurationRecorderName'), json_extract_scalar(requestparameters, '$.deliveryChannelName'), json_extract_scalar(requestparameters, '$.configRuleName'), json_extract_scalar(requestparameters, '$.configurationAggregatorName')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'config.amazonaws.com'
  AND eventname IN (
    'StopConfigurationRecorder',
    'DeleteConfigurationRecorder',
    'DeleteDeliveryChannel',
    'DeleteConfigRule',
    'DeleteOrganizationConfigRule',
    'DeleteConfigurationAggregator',
    'DeleteRetentionConfiguration',
    'DeleteConformancePack'
  )
  AND errorcode IS NULL
ORDER BY time DESC
