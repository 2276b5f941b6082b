-- name: RootLoginFailed
-- title: Failed console logins of root users
-- description: Sign-ins as a root user with a wrong password or second factor.
-- why: Somebody knows the root user's e-mail address and tries. Root has no lockout policy of
--   yours.
-- topic: identity
-- mitre: T1110
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  useridentity.accountid AS resource,
  errormessage AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND useridentity.type = 'Root'
  AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
ORDER BY time DESC
