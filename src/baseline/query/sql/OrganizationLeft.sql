-- name: OrganizationLeft
-- title: Accounts that left the organization
-- description: Accounts that left, were removed from or closed in the organization.
-- why: Outside of the organization none of its guardrails holds any more, and its trails do not
--   follow.
-- topic: defence evasion
-- mitre: T1562.001
-- severity: critical
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.accountId'), account) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'organizations.amazonaws.com'
  AND eventname IN (
    'LeaveOrganization',
    'RemoveAccountFromOrganization',
    'CloseAccount',
    'DeleteOrganization'
  )
  AND errorcode IS NULL
ORDER BY time DESC
