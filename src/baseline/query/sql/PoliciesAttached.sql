-- name: PoliciesAttached
-- title: Policies attached, put and changed
-- description: Every change of what somebody may do: policies attached to or written into users,
--   groups and roles, and new versions of policies.
-- why: Rights only ever grow by themselves when somebody else grows them.
-- topic: identity
-- mitre: T1098.003
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(
    json_extract_scalar(requestparameters, '$.userName'),
    json_extract_scalar(requestparameters, '$.roleName'),
    json_extract_scalar(requestparameters, '$.groupName'),
    json_extract_scalar(requestparameters, '$.policyArn')
  ) AS target,
  coalesce(
    json_extract_scalar(requestparameters, '$.policyArn'),
    json_extract_scalar(requestparameters, '$.policyName')
  ) AS policy,
  json_extract_scalar(requestparameters, '$.policyDocument') AS document,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN (
    'AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy',
    'PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy',
    'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'AddUserToGroup'
  )
ORDER BY time DESC
