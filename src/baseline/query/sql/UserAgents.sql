-- name: UserAgents
-- title: Programs that call
-- description: User agents by number of calls and principals, when first and last seen.
-- why: Names of attack tools, old versions, and programs that nobody of you installed.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
SELECT
  useragent,
  count(*) AS calls,
  count(DISTINCT coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principals,
  count(DISTINCT account) AS accounts,
  max(sourceipaddress) AS oneaddress,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND useridentity.invokedby IS NULL
GROUP BY 1
ORDER BY firsttime DESC
