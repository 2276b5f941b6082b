-- name: ConsoleLoginsByAddress
-- title: Console logins by user, address and browser
-- description: From where and with which browser each user signed in to the console, how often,
--   when first and last. The log has no countries: look the addresses up.
-- why: A user with a new address, a new browser and a login at night is worth a telephone call.
-- topic: identity
-- mitre: T1078.004
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  useragent,
  count(*) AS logins,
  json_extract_scalar(additionaleventdata, '$.MFAUsed') AS mfaused,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
GROUP BY 1, 2, 3, 4, 6
ORDER BY firsttime DESC
