-- name: S3MassDownload
-- title: Many objects read from one bucket in an hour
-- description: Who read more objects of a bucket within an hour than the threshold, and how many
--   bytes left. Needs a trail that records S3 data events.
-- parameter: days integer = 30: How many days to look back.
-- parameter: threshold integer = 100: How many objects in an hour are many.
SELECT
  account,
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  coalesce(useridentity.arn, useridentity.accountid, useridentity.type) AS principal,
  sourceipaddress,
  date_format(date_trunc('hour', from_iso8601_timestamp(eventtime)), '%Y-%m-%dT%H:00:00Z') AS hour,
  count(*) AS reads,
  count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS objects,
  sum(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double)) AS bytes
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'GetObject'
  AND errorcode IS NULL
GROUP BY 1, 2, 3, 4, 5
HAVING count(*) >= :threshold
ORDER BY reads DESC
