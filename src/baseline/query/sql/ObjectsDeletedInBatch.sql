-- name: ObjectsDeletedInBatch
-- title: Objects deleted many at a time
-- description: Calls that delete up to a thousand objects at once. Needs a trail that records S3
--   data events.
-- why: Emptying a bucket is the step before deleting it, and the threat of ransom notes.
-- topic: impact
-- mitre: T1485
-- severity: informational
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.bucketName') AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'DeleteObjects'
  AND useridentity.type <> 'AWSService'
  AND errorcode IS NULL
ORDER BY time DESC
