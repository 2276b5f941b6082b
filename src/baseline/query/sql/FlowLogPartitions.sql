-- name: FlowLogPartitions
-- title: What flow logs there are
-- description: Accounts and regions with flow logs: first and last day, and how many days. Reads the
--   files of those days, since auditing.flowlogs is a view on Athena.
-- why: A network without flow logs is not a network without traffic.
-- topic: partitions
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  min(date) AS firstday,
  max(date) AS lastday,
  count(DISTINCT date) AS days
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY account, region
