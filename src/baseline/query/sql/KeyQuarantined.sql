-- name: KeyQuarantined
-- title: AWS found a leaked access key
-- description: AWS attached one of its quarantine policies to a user, because an access key of that
--   user is public.
-- why: The key is known to the world. AWS blocks a few calls only; the rest still work.
-- topic: identity
-- mitre: T1552.001
-- severity: critical
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.userName') AS resource,
  json_extract_scalar(requestparameters, '$.policyArn') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN ('AttachUserPolicy', 'PutUserPolicy')
  AND coalesce(json_extract_scalar(requestparameters, '$.policyArn'), json_extract_scalar(requestparameters, '$.policyName')) LIKE '%AWSCompromisedKeyQuarantine%'
  AND errorcode IS NULL
ORDER BY time DESC
