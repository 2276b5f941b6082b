-- name: FlowLogPartitions
-- title: What flow logs there are
-- description: Accounts and regions with flow logs: first and last day, and how many days.
-- why: A network without flow logs is not a network without traffic.
-- topic: partitions
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  min(date) AS firstday,
  max(date) AS lastday,
  count(*) AS days
FROM auditing."flowlogs$partitions"
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY account, region
