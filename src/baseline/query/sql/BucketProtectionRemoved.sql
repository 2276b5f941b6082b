-- name: BucketProtectionRemoved
-- title: Protection of buckets against loss removed
-- description: Versioning suspended, MFA delete disabled, and replication or encryption settings
--   deleted.
-- why: Ransom and destruction begin with the copies that would undo them.
-- topic: defence evasion
-- mitre: T1490
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.bucketName') AS resource,
  json_format(json_extract(requestparameters, '$.VersioningConfiguration')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND (
    eventname IN ('DeleteBucketReplication', 'DeleteBucketEncryption')
    OR eventname = 'PutBucketVersioning'
    AND (
      json_extract_scalar(requestparameters, '$.VersioningConfiguration.Status') = 'Suspended'
      OR json_extract_scalar(requestparameters, '$.VersioningConfiguration.MfaDelete') = 'Disabled'
    )
  )
  AND errorcode IS NULL
ORDER BY time DESC
