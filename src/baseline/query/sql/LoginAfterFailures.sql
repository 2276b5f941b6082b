-- name: LoginAfterFailures
-- title: A console login after many failures
-- description: Users who signed in to the console on a day on which sign-ins as them failed several
--   times before.
-- why: The guessing worked.
-- topic: identity
-- mitre: T1110.001
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: failures integer = 5: How many failures are many.
SELECT
  max(eventtime) AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.username) AS principal,
  max_by(sourceipaddress, eventtime) AS sourceip,
  'ConsoleLogin' AS event,
  coalesce(useridentity.username, useridentity.type) AS resource,
  cast(count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') AS varchar)
    || ' failures before' AS detail,
  max_by(eventid, eventtime) AS eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND useridentity.type IN ('Root', 'IAMUser')
GROUP BY account, region, 4, 7, substr(eventtime, 1, 10)
HAVING count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') >= :failures
  AND max_by(json_extract_scalar(responseelements, '$.ConsoleLogin'), eventtime) = 'Success'
ORDER BY time DESC
