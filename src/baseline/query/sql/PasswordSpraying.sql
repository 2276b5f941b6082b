-- name: PasswordSpraying
-- title: One address fails to sign in as many users
-- description: Addresses from which sign-ins to the console failed for several users of an account
--   within an hour.
-- why: Trying one common password on many users stays below every lockout.
-- topic: identity
-- mitre: T1110.003
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
-- parameter: users integer = 5: How many users in an hour are many.
WITH failures AS (
  SELECT *
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
    AND eventname = 'ConsoleLogin'
    AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
)
SELECT
  max(eventtime) AS time,
  account,
  max_by(region, eventtime) AS region,
  array_join(array_sort(array_agg(DISTINCT useridentity.username)), ', ') AS principal,
  sourceipaddress AS sourceip,
  'ConsoleLogin' AS event,
  account AS resource,
  cast(count(DISTINCT useridentity.username) AS varchar) || ' users, '
    || cast(count(DISTINCT eventid) AS varchar) || ' failures' AS detail,
  max_by(eventid, eventtime) AS eventid
FROM failures
GROUP BY account, sourceipaddress, substr(eventtime, 1, 13)
HAVING count(DISTINCT useridentity.username) >= :users
ORDER BY time DESC
