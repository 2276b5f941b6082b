-- name: S3MassDownload
-- title: Many objects read from one bucket in an hour
-- description: Who read as many different objects of a bucket within an hour as the threshold, or
--   more, in how many reads, and how many bytes left. Needs a trail that records S3 data events.
-- why: What a theft of data looks like while it goes on.
-- topic: exfiltration
-- mitre: T1530
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: threshold integer = 100: How many objects in an hour are many.
WITH reads AS (
  -- Two trails deliver an event twice.
  SELECT DISTINCT
    eventtime,
    eventid,
    account,
    region,
    coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
    sourceipaddress,
    json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
    json_extract_scalar(requestparameters, '$.key') AS object,
    try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double) AS size
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
    AND eventsource = 's3.amazonaws.com'
    AND eventname = 'GetObject'
    AND useridentity.type <> 'AWSService'
    AND errorcode IS NULL
)
SELECT
  max(eventtime) AS time,
  account,
  region,
  principal,
  sourceipaddress AS sourceip,
  'GetObject' AS event,
  bucket AS resource,
  cast(count(DISTINCT object) AS varchar) || ' objects' AS detail,
  -- Of several at the last moment always the same one.
  max_by(eventid, eventtime || eventid) AS eventid,
  count(*) AS reads,
  count(DISTINCT object) AS objects,
  cast(sum(size) AS bigint) AS bytes
FROM reads
GROUP BY account, region, principal, sourceipaddress, bucket, substr(eventtime, 1, 13)
HAVING count(DISTINCT object) >= :threshold
ORDER BY objects DESC
