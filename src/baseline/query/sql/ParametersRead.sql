-- name: ParametersRead
-- title: Parameters of Systems Manager read
-- description: Who read which parameters of the parameter store, and whether decrypted.
-- why: The parameter store is where many keep their secrets.
-- topic: exfiltration
-- mitre: T1552.007
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(
    json_extract_scalar(requestparameters, '$.name'),
    json_extract_scalar(requestparameters, '$.path'),
    json_format(json_extract(requestparameters, '$.names'))
  ) AS parameter,
  json_extract_scalar(requestparameters, '$.withDecryption') AS decrypted,
  count(*) AS reads,
  count(errorcode) AS refused,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ssm.amazonaws.com'
  AND eventname IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY lasttime DESC
