-- name: DaysWithoutEvents
-- title: Days without events
-- description: Days on which an account and region had no log, between its first and the last day
--   of all.
-- why: A trail that was off, a bucket policy that refused, or a region that slept: find out which.
-- topic: partitions
-- parameter: days integer = 30: How many days to look back.
WITH there AS (
  SELECT account, region, date
  FROM auditing."cloudtrail$partitions"
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
), places AS (
  SELECT account, region, min(date) AS firstday FROM there GROUP BY 1, 2
), wanted AS (
  SELECT places.account, places.region, days.date
  FROM places
  CROSS JOIN (SELECT DISTINCT date FROM there) AS days
  WHERE days.date >= places.firstday
)
SELECT wanted.date, wanted.account, wanted.region
FROM wanted
LEFT JOIN there
  ON there.account = wanted.account AND there.region = wanted.region AND there.date = wanted.date
WHERE there.date IS NULL
ORDER BY 1 DESC, 2, 3
