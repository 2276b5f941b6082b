-- name: TrailNarrowed
-- title: Trails that record less
-- description: Event selectors that leave out management events, reading or writing, or events of a
--   service; trails changed to one region, to no log file validation, to no global events, or to
--   another bucket.
-- why: A trail that still runs but looks away is less conspicuous than one that was stopped.
-- topic: defence evasion
-- mitre: T1562.008
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.name'), json_extract_scalar(requestparameters, '$.trailName')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'cloudtrail.amazonaws.com'
  AND (
    eventname = 'PutEventSelectors'
    AND (
      regexp_like(requestparameters, '"includeManagementEvents":\s*false')
      OR regexp_like(requestparameters, '"readWriteType":\s*"(Read|Write)Only"')
      OR regexp_like(requestparameters, '"excludeManagementEventSources":\s*\[\s*"')
      OR regexp_like(requestparameters, '"field":\s*"(readOnly|eventSource|eventName)"')
    )
    OR eventname = 'UpdateTrail'
    AND (
      json_extract_scalar(requestparameters, '$.isMultiRegionTrail') = 'false'
      OR json_extract_scalar(requestparameters, '$.includeGlobalServiceEvents') = 'false'
      OR json_extract_scalar(requestparameters, '$.enableLogFileValidation') = 'false'
      OR json_extract_scalar(requestparameters, '$.s3BucketName') IS NOT NULL
    )
  )
  AND errorcode IS NULL
ORDER BY time DESC
