-- name: RootLogin30Days
-- title: Console logins of root users in the last 30 days
-- description: Every time someone logged into the console as a root user, in any account: when, from
--   where and with what, with MFA or without, and how it ended. The log has more of each under its
--   eventid.
-- why: Nothing limits root, and root is for emergencies: each row should be one that you know of.
-- topic: identity
-- mitre: T1078.004
SELECT
  eventtime AS time,
  account,
  region,
  sourceipaddress AS sourceip,
  json_extract_scalar(additionaleventdata, '$.MFAUsed') AS mfa,
  json_extract_scalar(responseelements, '$.ConsoleLogin') AS result,
  errormessage,
  useragent,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(current_timestamp - interval '30' day, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND useridentity.type = 'Root'
ORDER BY time DESC
