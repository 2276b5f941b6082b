-- name: AdminGranted
-- title: Administrator rights given away
-- description: An administrator's policy attached to a user, group or role, or a policy with a
--   statement that allows every action, all of IAM or all but some actions on every resource or
--   on all but some.
-- why: The shortest way from a small foothold to the whole account.
-- topic: identity
-- mitre: T1098.003
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(
    json_extract_scalar(requestparameters, '$.userName'),
    json_extract_scalar(requestparameters, '$.groupName'),
    json_extract_scalar(requestparameters, '$.roleName'),
    json_extract_scalar(requestparameters, '$.policyName')
  ) AS resource,
  coalesce(
    json_extract_scalar(requestparameters, '$.policyArn'),
    json_extract_scalar(requestparameters, '$.policyDocument')
  ) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND (
    eventname IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy')
    AND regexp_like(
      json_extract_scalar(requestparameters, '$.policyArn'),
      ':aws:policy/(.*/)?(AdministratorAccess|IAMFullAccess|PowerUserAccess)$'
    )
    OR eventname IN (
      'PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'CreatePolicy', 'CreatePolicyVersion'
    )
    AND any_match(
      coalesce(
        try_cast(json_extract(json_extract_scalar(requestparameters, '$.policyDocument'), '$.Statement') AS array(json)),
        ARRAY[json_extract(json_extract_scalar(requestparameters, '$.policyDocument'), '$.Statement')]
      ),
      s -> json_extract_scalar(s, '$.Effect') = 'Allow'
        AND (
          regexp_like(lower(json_format(json_extract(s, '$.Action'))), '"((iam|\*):)?\*"')
          OR json_extract(s, '$.NotAction') IS NOT NULL
        )
        AND (
          regexp_like(json_format(json_extract(s, '$.Resource')), '"\*"')
          OR json_extract(s, '$.NotResource') IS NOT NULL
        )
    )
  )
  AND errorcode IS NULL
ORDER BY time DESC
