-- name: AdminRolesAssumed
-- title: Administrators' roles that were assumed
-- description: Who assumed roles whose name looks like an administrator's, from where, how often,
--   when first and last.
-- why: A list that should hold known people only, and few.
-- topic: identity
-- mitre: T1078.004
-- parameter: days integer = 30: How many days to look back.
-- parameter: roles text = admin|organizationaccountaccessrole|poweruser: Which roles, as a regular
--   expression in lower case.
SELECT
  account,
  json_extract_scalar(requestparameters, '$.roleArn') AS role,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  count(*) AS attempts,
  count(errorcode) AS refused,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'sts.amazonaws.com'
  AND eventname IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
  AND regexp_like(lower(json_extract_scalar(requestparameters, '$.roleArn')), :roles)
GROUP BY 1, 2, 3, 4
ORDER BY lasttime DESC
