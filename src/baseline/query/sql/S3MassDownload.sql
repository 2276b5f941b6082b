-- name: S3MassDownload
-- title: Many objects read from one bucket in an hour
-- description: Who read more objects of a bucket within an hour than the threshold, and how many
--   bytes left. Needs a trail that records S3 data events.
-- why: What a theft of data looks like while it goes on.
-- topic: exfiltration
-- mitre: T1530
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: threshold integer = 100: How many objects in an hour are many.
SELECT
  max(eventtime) AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  'GetObject' AS event,
  json_extract_scalar(requestparameters, '$.bucketName') AS resource,
  cast(count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS varchar) || ' objects' AS detail,
  max_by(eventid, eventtime) AS eventid,
  count(*) AS reads,
  count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS objects,
  cast(sum(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double)) AS bigint) AS bytes
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'GetObject'
  AND useridentity.type <> 'AWSService'
  AND errorcode IS NULL
GROUP BY account, region, 4, 5, 7, substr(eventtime, 1, 13)
HAVING count(*) >= :threshold
ORDER BY reads DESC
