-- name: EventsByDay
-- title: Events by account, region and day
-- description: How many events each account had in each region on each day, with errors and
--   principals.
-- why: A day with far fewer events than others is a gap; one with far more is an incident or a new
--   job.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
SELECT
  date,
  account,
  region,
  count(*) AS events,
  count(errorcode) AS errors,
  count(DISTINCT eventname) AS kinds,
  count_if(coalesce(eventcategory, 'Management') = 'Data') AS dataevents
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
GROUP BY 1, 2, 3
ORDER BY date DESC, account, region
