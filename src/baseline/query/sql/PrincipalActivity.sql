-- name: PrincipalActivity
-- title: What a principal did, call by call
-- description: All calls of users, roles and sessions whose ARN holds a text, newest first. A
--   failed sign-in has no ARN; it counts as that of an IAM user without a path.
-- why: The time line of a suspect.
-- topic: identity
-- parameter: days integer = 30: How many days to look back.
-- parameter: principal text: A part of the principal's ARN, like user/alice.
WITH calls AS (
  SELECT
    *,
    coalesce(
      useridentity.arn,
      if(useridentity.type = 'IAMUser', 'arn:aws:iam::' || useridentity.accountid || ':user/' || useridentity.username),
      useridentity.principalid
    ) AS principal
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
)
SELECT
  eventtime AS time,
  account,
  region,
  principal,
  eventsource,
  eventname AS event,
  sourceipaddress AS sourceip,
  useragent,
  requestparameters,
  coalesce(errorcode, errormessage) AS errorcode,
  eventid
FROM calls
WHERE strpos(principal, :principal) > 0
ORDER BY time DESC
