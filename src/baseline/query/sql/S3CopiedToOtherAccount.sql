-- name: S3CopiedToOtherAccount
-- title: Objects copied to a bucket of another account
-- description: Copies of objects in which source and target bucket belong to different accounts.
--   Needs a trail that records S3 data events.
-- why: Data leaves within AWS, where no firewall sees it.
-- topic: exfiltration
-- mitre: T1537
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
  json_extract_scalar(requestparameters, '$["x-amz-copy-source"]') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('CopyObject', 'UploadPartCopy')
  -- Where the account of one bucket alone is known, the other bucket is taken for the caller's.
  AND any_match(
    resources,
    r -> r.type LIKE 'AWS::S3::%'
      AND (
        any_match(resources, o -> o.type LIKE 'AWS::S3::%' AND o.accountid <> r.accountid)
        OR r.accountid <> useridentity.accountid
        AND NOT any_match(
          resources,
          o -> o.type LIKE 'AWS::S3::%' AND o.accountid IS NOT NULL AND coalesce(o.arn <> r.arn, false)
        )
      )
  )
  AND errorcode IS NULL
ORDER BY time DESC
