-- name: LateEvents
-- title: Events that arrived on another day
-- description: Events whose own day is not the day of the partition that they were delivered to, by
--   account and region.
-- why: A search for a day should look into the next day's partition as well.
-- topic: partitions
-- parameter: days integer = 30: How many days to look back.
SELECT
  date,
  account,
  region,
  substr(eventtime, 1, 10) AS eventday,
  count(*) AS events,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND substr(eventtime, 1, 10) <> date
GROUP BY 1, 2, 3, 4
ORDER BY date DESC, events DESC
