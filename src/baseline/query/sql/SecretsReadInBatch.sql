-- name: SecretsReadInBatch
-- title: Secrets read in one call
-- description: Calls of BatchGetSecretValue, which gives up to twenty secrets at once.
-- why: Hardly any software uses it, and it hides many reads in one call.
-- topic: exfiltration
-- mitre: T1555.006
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  eventsource AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'secretsmanager.amazonaws.com'
  AND eventname = 'BatchGetSecretValue'
  AND coalesce(useridentity.type, '') <> 'AWSService'
ORDER BY time DESC
