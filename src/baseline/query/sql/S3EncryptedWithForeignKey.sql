-- name: S3EncryptedWithForeignKey
-- title: Objects encrypted with somebody else's key
-- description: Objects written or copied with a key of the caller's own (SSE-C), or with a KMS key
--   of another account. Needs a trail that records S3 data events.
-- why: Ransom without malware: the objects stay, and only the attacker can read them.
-- topic: exfiltration
-- mitre: T1486
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.bucketName') AS resource,
  json_extract_scalar(requestparameters, '$.key') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('CopyObject', 'PutObject', 'CreateMultipartUpload')
  AND (
    json_extract_scalar(
      requestparameters, '$["x-amz-server-side-encryption-customer-algorithm"]'
    ) IS NOT NULL
    OR regexp_extract(json_extract_scalar(requestparameters, '$["x-amz-server-side-encryption-aws-kms-key-id"]'), '^arn:[^:]*:kms:[^:]*:([0-9]{12}):', 1) <> useridentity.accountid
  )
  AND errorcode IS NULL
ORDER BY time DESC
