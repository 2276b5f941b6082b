-- name: ErrorsByPrincipal
-- title: Refused and failed calls by principal
-- description: Which principals were refused most, with how many different calls, from how many
--   addresses.
-- why: Many denied calls of many kinds are what looking around with stolen keys looks like.
-- topic: discovery
-- mitre: T1580
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  errorcode,
  count(*) AS errors,
  count(DISTINCT eventname) AS calls,
  count(DISTINCT sourceipaddress) AS addresses,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND errorcode IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY errors DESC
