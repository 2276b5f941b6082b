-- name: TrailStopped
-- title: Trails that were stopped, deleted or narrowed
-- description: Calls that make CloudTrail record less, tried or done, with who called them from where.
--   An attacker's early step; a blank in errorcode means that it worked.
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime,
  account,
  awsregion,
  eventname,
  coalesce(
    json_extract_scalar(requestparameters, '$.name'),
    json_extract_scalar(requestparameters, '$.trailName')
  ) AS trail,
  useridentity.arn AS arn,
  useridentity.accesskeyid AS accesskeyid,
  sourceipaddress,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'cloudtrail.amazonaws.com'
  AND eventname IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors')
ORDER BY eventtime DESC
