-- name: S3ReadsByPrincipal
-- title: Who read which buckets
-- description: Objects read and bytes taken from each bucket by each principal and address. Needs a
--   trail that records S3 data events.
-- why: How much left, for the report that has to say so.
-- topic: exfiltration
-- mitre: T1530
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  count(*) AS reads,
  count(errorcode) AS refused,
  count(DISTINCT json_extract_scalar(requestparameters, '$.key')) AS objects,
  sum(try_cast(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double)) AS bytes,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'GetObject'
GROUP BY 1, 2, 3, 4
ORDER BY bytes DESC NULLS LAST, reads DESC
