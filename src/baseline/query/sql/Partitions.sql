-- name: Partitions
-- title: What logs there are
-- description: Accounts and regions with logs of CloudTrail: first and last day, and how many days.
-- why: Before an empty answer is believed: was there a log to look at?
-- topic: partitions
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  min(date) AS firstday,
  max(date) AS lastday,
  count(*) AS days
FROM auditing."cloudtrail$partitions"
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY account, region
