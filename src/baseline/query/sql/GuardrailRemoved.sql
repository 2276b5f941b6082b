-- name: GuardrailRemoved
-- title: Guardrails of the organization removed
-- description: Policies of the organization detached, deleted or changed, kinds of policies
--   disabled, and trust in security services withdrawn.
-- why: A service control policy is the one thing that stops an administrator; without it the next
--   call succeeds.
-- topic: defence evasion
-- mitre: T1484
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.policyId'), json_extract_scalar(requestparameters, '$.servicePrincipal'), json_extract_scalar(requestparameters, '$.policyType')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'organizations.amazonaws.com'
  AND eventname IN (
    'DetachPolicy',
    'DeletePolicy',
    'UpdatePolicy',
    'DisablePolicyType',
    'DeregisterDelegatedAdministrator',
    'DisableAWSServiceAccess'
  )
  AND errorcode IS NULL
ORDER BY time DESC
