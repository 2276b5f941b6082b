-- name: Throttling
-- title: Calls that were throttled
-- description: Who was throttled by which service, how often and when last.
-- why: Throttled software fails others of the same account; and a scanner in a hurry is throttled
--   first.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  eventsource,
  eventname AS event,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  errorcode,
  count(*) AS times,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(errorcode, 'Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimit')
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY times DESC
