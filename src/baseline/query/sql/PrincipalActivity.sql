-- name: PrincipalActivity
-- title: What a principal did, call by call
-- description: All calls of users, roles and sessions whose ARN holds a text, newest first.
-- why: The time line of a suspect.
-- topic: identity
-- parameter: days integer = 30: How many days to look back.
-- parameter: principal text = user/alice: A part of the principal's ARN.
SELECT
  eventtime AS time,
  account,
  region,
  useridentity.arn AS principal,
  eventsource,
  eventname AS event,
  sourceipaddress AS sourceip,
  useragent,
  requestparameters,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND strpos(useridentity.arn, :principal) > 0
ORDER BY time DESC
