-- name: NoisiestEvents
-- title: Which calls fill the log
-- description: Calls by number, whether they read or write, and whether they are data events, which
--   cost extra.
-- why: What to leave out of a trail of data events, and what never to leave out.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventsource,
  eventname AS event,
  coalesce(eventcategory, 'Management') AS category,
  readonly,
  count(*) AS calls,
  count(DISTINCT account) AS accounts,
  count(errorcode) AS errors
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC
LIMIT 1000
