-- name: RolesTrustOthers
-- title: Roles that trust another account
-- description: Trust policies, new or changed, that name an account other than the role's own.
-- why: Compare the accounts with those of your organization and of your suppliers; the rest is an
--   intruder's.
-- topic: identity
-- mitre: T1199
-- parameter: days integer = 30: How many days to look back.
WITH changed AS (
  SELECT
    eventtime AS time,
    account,
    coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
    sourceipaddress AS sourceip,
    eventname AS event,
    json_extract_scalar(requestparameters, '$.roleName') AS role,
    coalesce(json_extract_scalar(requestparameters, '$.policyDocument'), json_extract_scalar(requestparameters, '$.assumeRolePolicyDocument')) AS trust,
    eventid
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
    AND eventsource = 'iam.amazonaws.com'
    AND eventname IN ('CreateRole', 'UpdateAssumeRolePolicy')
    AND errorcode IS NULL
)
SELECT
  time,
  account,
  trusted,
  role,
  principal,
  sourceip,
  event,
  trust,
  eventid
FROM changed
CROSS JOIN UNNEST(array_distinct(regexp_extract_all(trust, '[0-9]{12}'))) AS t (trusted)
WHERE trusted <> account
ORDER BY time DESC
