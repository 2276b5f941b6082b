-- name: TrailChanges
-- title: Every change of a trail
-- description: All calls that create, change, start, stop or delete trails, their selectors and
--   event data stores, tried or done.
-- why: The history of the recorder itself: where it has gaps, the rest of the log has them too.
-- topic: defence evasion
-- mitre: T1562.008
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(
    json_extract_scalar(requestparameters, '$.name'),
    json_extract_scalar(requestparameters, '$.trailName'),
    json_extract_scalar(requestparameters, '$.eventDataStore')
  ) AS trail,
  requestparameters,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'cloudtrail.amazonaws.com'
  AND coalesce(readonly, 'false') <> 'true'
ORDER BY time DESC
