-- name: SecretsReadEnMasse
-- title: Many secrets read in an hour
-- description: Who read more different secrets of Secrets Manager within an hour than the
--   threshold.
-- why: Software reads its own few secrets, again and again. An intruder reads them all, once.
-- topic: exfiltration
-- mitre: T1555.006
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: secrets integer = 10: How many secrets in an hour are many.
SELECT
  max(eventtime) AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  'GetSecretValue' AS event,
  'secretsmanager.amazonaws.com' AS resource,
  cast(count(DISTINCT json_extract_scalar(requestparameters, '$.secretId')) AS varchar) || ' secrets' AS detail,
  max_by(eventid, eventtime) AS eventid,
  count(DISTINCT eventid) AS reads,
  count(DISTINCT CASE WHEN errorcode IS NOT NULL THEN eventid END) AS refused
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'secretsmanager.amazonaws.com'
  AND eventname = 'GetSecretValue'
  AND useridentity.type <> 'AWSService'
GROUP BY account, region, 4, 5, substr(eventtime, 1, 13)
HAVING count(DISTINCT json_extract_scalar(requestparameters, '$.secretId')) >= :secrets
ORDER BY time DESC
