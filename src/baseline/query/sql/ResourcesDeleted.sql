-- name: ResourcesDeleted
-- title: What was deleted, by whom
-- description: Deletions and terminations by principal, service and kind.
-- why: What is missing, and whom to ask.
-- topic: impact
-- mitre: T1485
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  eventsource,
  eventname AS event,
  count_if(errorcode IS NULL) AS deleted,
  count(errorcode) AS refused,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(eventname, '^(Delete|Terminate|Purge|Remove)')
GROUP BY 1, 2, 3, 4, 5
ORDER BY lasttime DESC
