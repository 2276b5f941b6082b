-- name: LoginAfterFailures
-- title: A console login after many failures
-- description: The first time that a user of an account signed in to the console on a day on which
--   sign-ins as that user had failed several times before.
-- why: The guessing worked.
-- topic: identity
-- mitre: T1110.001
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: failures integer = 5: How many failures are many.
WITH logins AS (
  -- AWS names no ARN when a sign-in fails, and each sign-in has the region of its endpoint.
  SELECT DISTINCT
    eventtime,
    eventid,
    account,
    region,
    useridentity.arn AS arn,
    coalesce(useridentity.username, useridentity.type) AS username,
    sourceipaddress,
    json_extract_scalar(responseelements, '$.ConsoleLogin') AS outcome
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
    AND eventname = 'ConsoleLogin'
    AND useridentity.type IN ('Root', 'IAMUser')
), counted AS (
  SELECT
    logins.*,
    count_if(outcome = 'Failure') OVER (
      PARTITION BY account, username, substr(eventtime, 1, 10) ORDER BY eventtime
    ) AS failures
  FROM logins
)
SELECT
  min(eventtime) AS time,
  account,
  min_by(region, eventtime) AS region,
  coalesce(min_by(arn, eventtime), username) AS principal,
  min_by(sourceipaddress, eventtime) AS sourceip,
  'ConsoleLogin' AS event,
  username AS resource,
  cast(min(failures) AS varchar) || ' failures before' AS detail,
  min_by(eventid, eventtime) AS eventid
FROM counted
WHERE outcome = 'Success' AND failures >= :failures
GROUP BY account, username, substr(eventtime, 1, 10)
ORDER BY time DESC
