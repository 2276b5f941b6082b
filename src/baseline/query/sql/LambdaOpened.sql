-- name: LambdaOpened
-- title: Functions that everybody may call
-- description: Lambda functions with a URL that asks for no authentication, or with a permission
--   for everybody.
-- why: Code with the rights of its role, to be started from anywhere: a lasting back door that
--   costs nothing.
-- topic: persistence
-- mitre: T1648
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.functionName') AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'lambda.amazonaws.com'
  AND (
    regexp_like(eventname, '^(Create|Update)FunctionUrlConfig') AND json_extract_scalar(requestparameters, '$.authType') = 'NONE'
    OR eventname LIKE 'AddPermission%' AND json_extract_scalar(requestparameters, '$.principal') = '*'
  )
  AND errorcode IS NULL
ORDER BY time DESC
