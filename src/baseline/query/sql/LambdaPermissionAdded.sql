-- name: LambdaPermissionAdded
-- title: Permissions added to functions
-- description: Who may call a Lambda function, or one of its layers, was widened.
-- why: An event source of the attacker's can start the function from outside.
-- topic: persistence
-- mitre: T1546
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.functionName') AS resource,
  json_extract_scalar(requestparameters, '$.principal') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'lambda.amazonaws.com'
  AND regexp_like(eventname, '^Add(LayerVersion)?Permission')
  AND useridentity.type <> 'AWSService'
  AND errorcode IS NULL
ORDER BY time DESC
