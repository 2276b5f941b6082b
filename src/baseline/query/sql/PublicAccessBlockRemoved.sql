-- name: PublicAccessBlockRemoved
-- title: Protection of buckets against being public removed
-- description: Block Public Access of a bucket or of a whole account deleted, or one of its four
--   settings switched off.
-- why: The step before a bucket is made public.
-- topic: exfiltration
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
  coalesce(json_extract_scalar(requestparameters, '$.bucketName'), account) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('s3.amazonaws.com', 's3-control.amazonaws.com')
  AND (
    eventname IN (
      'DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock', 'DeletePublicAccessBlock'
    )
    OR eventname IN (
      'PutBucketPublicAccessBlock', 'PutAccountPublicAccessBlock', 'PutPublicAccessBlock'
    )
    AND regexp_like(requestparameters, '"(Block|Ignore|Restrict)Public[A-Za-z]+":\s*"?false')
  )
  AND errorcode IS NULL
ORDER BY time DESC
