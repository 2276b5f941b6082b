-- name: CrossAccountRoles
-- title: Roles assumed from another account
-- description: Sessions in an account whose caller belongs to another account: from where to where,
--   as which role, how often.
-- why: How an intruder moves on, and how suppliers come in. Accounts that you do not know are the
--   finding.
-- topic: identity
-- mitre: T1199
-- parameter: days integer = 30: How many days to look back.
SELECT
  useridentity.accountid AS fromaccount,
  split_part(json_extract_scalar(requestparameters, '$.roleArn'), ':', 5) AS toaccount,
  json_extract_scalar(requestparameters, '$.roleArn') AS role,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  count(DISTINCT coalesce(sharedeventid, eventid)) AS sessions,
  count(errorcode) AS refused,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'sts.amazonaws.com'
  AND eventname = 'AssumeRole'
  AND useridentity.accountid <> split_part(json_extract_scalar(requestparameters, '$.roleArn'), ':', 5)
GROUP BY 1, 2, 3, 4, 5
ORDER BY lasttime DESC
