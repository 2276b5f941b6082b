-- name: RootLogin30Days
-- title: Console logins of root users in the last 30 days
-- description: All details of every time someone logged into the console as a root user, in any
--   account, successful or not.
-- why: Nothing limits root, and root is for emergencies: each row should be one that you know of.
-- topic: identity
-- mitre: T1078.004
SELECT *
FROM auditing.cloudtrail
WHERE date >= date_format(current_timestamp - interval '30' day, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND useridentity.type = 'Root'
ORDER BY eventtime DESC
