-- name: FailedConsoleLogins
-- title: Failed console logins by user and address
-- description: Who failed to sign in to the console, from which address, how often, and whether the
--   same address got in as the same user in the same time.
-- why: Many failures of one user are guessing; one failure each of many users is spraying; failures
--   that end in a success are an incident.
-- topic: identity
-- mitre: T1110
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  coalesce(useridentity.username, useridentity.arn, useridentity.type) AS username,
  sourceipaddress AS sourceip,
  count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') AS failures,
  count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success') AS successes,
  max(errormessage) AS lastmessage,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
GROUP BY 1, 2, 3
HAVING count_if(json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure') > 0
ORDER BY failures DESC, lasttime DESC
