-- name: RolesCreated
-- title: Roles created, and who may assume them
-- description: New roles with their trust policies.
-- why: A new role that trusts a stranger is a door, and looks like any deployment.
-- topic: identity
-- mitre: T1136.003
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  json_extract_scalar(requestparameters, '$.roleName') AS role,
  json_extract_scalar(requestparameters, '$.assumeRolePolicyDocument') AS trust,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname = 'CreateRole'
ORDER BY time DESC
