-- name: LogBucketChanged
-- title: Buckets with logs changed
-- description: Policies, lifecycles, access and encryption of buckets that hold logs, by their
--   name, and their deletion. Lifecycles that keep everything for 90 days are left out.
-- why: Whoever controls the bucket controls the evidence.
-- topic: defence evasion
-- mitre: T1562.008
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: buckets text = trail|log|audit|config: Which buckets, as a regular expression.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.bucketName') AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN (
    'PutBucketPolicy',
    'DeleteBucketPolicy',
    'PutBucketAcl',
    'PutBucketLifecycle',
    'PutBucketLifecycleConfiguration',
    'DeleteBucket',
    'PutBucketReplication',
    'DeleteBucketReplication',
    'PutBucketEncryption',
    'DeleteBucketEncryption',
    'PutBucketVersioning'
  )
  AND regexp_like(json_extract_scalar(requestparameters, '$.bucketName'), :buckets)
  -- A lifecycle is left out when each of its rules is disabled or keeps everything for 90 days.
  AND (
    eventname NOT IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration')
    OR any_match(
      coalesce(
        try_cast(json_extract(requestparameters, '$.LifecycleConfiguration.Rule') AS array(json)),
        ARRAY[json_extract(requestparameters, '$.LifecycleConfiguration.Rule')]
      ),
      r -> coalesce(json_extract_scalar(r, '$.Status'), '') <> 'Disabled'
        AND (
          coalesce(try_cast(json_extract_scalar(r, '$.Expiration.Days') AS bigint), 0) < 90
          OR try_cast(json_extract_scalar(r, '$.NoncurrentVersionExpiration.NoncurrentDays') AS bigint) < 90
        )
    )
  )
  AND errorcode IS NULL
ORDER BY time DESC
