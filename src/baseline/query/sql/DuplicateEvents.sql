-- name: DuplicateEvents
-- title: Events that were delivered more than once
-- description: How many events of each account, region and day were delivered by more than one
--   trail. A copy that was delivered on another day counts as an event of its own.
-- why: Counts over auditing.cloudtrail count them twice; auditing.cloudtrail_distinct does not. And
--   a second trail costs.
-- topic: partitions
-- parameter: days integer = 30: How many days to look back.
WITH repeated AS (
  SELECT
    eventid,
    account,
    region,
    date AS day,
    count(*) AS times
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  GROUP BY 1, 2, 3, 4
  HAVING count(*) > 1
)
SELECT day, account, region, count(*) AS events, sum(times) - count(*) AS surplus
FROM repeated
GROUP BY 1, 2, 3
ORDER BY day DESC, surplus DESC
