-- name: BucketDeleted
-- title: Buckets, policies and websites of buckets deleted
-- description: S3 buckets, and the websites and policies of buckets, deleted.
-- why: Data is gone, and the name is free for somebody else to take over.
-- topic: impact
-- mitre: T1485
-- severity: low
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
  AND eventname IN ('DeleteBucket', 'DeleteBucketPolicy', 'DeleteBucketWebsite')
  AND errorcode IS NULL
ORDER BY time DESC
