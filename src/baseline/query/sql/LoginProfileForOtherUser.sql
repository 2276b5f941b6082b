-- name: LoginProfileForOtherUser
-- title: Console passwords set for another user
-- description: A password given to an IAM user, or changed, by somebody else than that user.
-- why: Whoever may set a password may become that user.
-- topic: identity
-- mitre: T1098
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.userName') AS resource,
  'password reset required: ' || coalesce(json_extract_scalar(requestparameters, '$.passwordResetRequired'), 'false') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN ('CreateLoginProfile', 'UpdateLoginProfile')
  AND json_extract_scalar(requestparameters, '$.userName') <> coalesce(useridentity.username, '')
  AND errorcode IS NULL
ORDER BY time DESC
