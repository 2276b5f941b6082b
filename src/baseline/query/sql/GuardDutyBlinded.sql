-- name: GuardDutyBlinded
-- title: GuardDuty told to look away
-- description: Filters that archive findings by themselves, lists of trusted addresses, features of
--   a detector switched off, and exports of findings that were deleted.
-- why: Findings that nobody sees: the alarm rings, but in an empty room.
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
  coalesce(json_extract_scalar(requestparameters, '$.name'), json_extract_scalar(requestparameters, '$.ipSetId'), json_extract_scalar(requestparameters, '$.destinationId'), json_extract_scalar(requestparameters, '$.detectorId')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'guardduty.amazonaws.com'
  AND (
    eventname IN ('CreateFilter', 'UpdateFilter') AND json_extract_scalar(requestparameters, '$.action') = 'ARCHIVE'
    OR eventname IN ('CreateIPSet', 'UpdateIPSet', 'DeletePublishingDestination')
    OR eventname = 'UpdateDetector' AND regexp_like(requestparameters, '"status":\s*"DISABLED"')
  )
  AND errorcode IS NULL
ORDER BY time DESC
