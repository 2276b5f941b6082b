-- name: BedrockGuardsRemoved
-- title: Guardrails and logs of Bedrock removed
-- description: Guardrails of Amazon Bedrock changed or deleted, and the logging of model
--   invocations deleted.
-- why: Models are used for others' purposes, and paid by you, where nobody records it.
-- topic: defence evasion
-- mitre: T1562.008
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.guardrailIdentifier'), account) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'bedrock.amazonaws.com'
  AND eventname IN (
    'DeleteModelInvocationLoggingConfiguration',
    'DeleteGuardrail',
    'UpdateGuardrail'
  )
  AND errorcode IS NULL
ORDER BY time DESC
