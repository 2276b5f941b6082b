-- name: LambdaCodeChanged
-- title: Code and settings of functions changed
-- description: Functions created, and their code, settings or layers changed: by whom and from
--   where.
-- why: New code runs with the old role. Deployments come from known places.
-- topic: persistence
-- mitre: T1648
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.functionName') AS function,
  json_extract_scalar(requestparameters, '$.role') AS role,
  useragent,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'lambda.amazonaws.com'
  AND regexp_like(eventname, '^(CreateFunction|UpdateFunction|PublishLayer|CreateEventSourceMapping)')
ORDER BY time DESC
