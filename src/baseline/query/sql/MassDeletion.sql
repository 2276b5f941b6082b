-- name: MassDeletion
-- title: Many things deleted in an hour
-- description: Who deleted or terminated as many things within an hour as the threshold, or more, and
--   what kinds of things.
-- why: Destruction, or the tidying up after an intrusion. CloudFormation's own work for a stack is
--   left out.
-- topic: impact
-- mitre: T1485
-- severity: high
-- parameter: days integer = 30: How many days to look back.
-- parameter: deletions integer = 50: How many deletions in an hour are many.
SELECT
  max(eventtime) AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  max_by(sourceipaddress, eventtime) AS sourceip,
  array_join(slice(array_sort(array_agg(DISTINCT eventname)), 1, 10), ', ') AS event,
  array_join(array_sort(array_agg(DISTINCT eventsource)), ', ') AS resource,
  cast(count(DISTINCT eventid) AS varchar) || ' deletions' AS detail,
  max_by(eventid, eventtime) AS eventid,
  count(DISTINCT eventid) AS deletions
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(eventname, '^(Delete|Terminate|Purge)')
  AND eventname NOT IN ('DeleteNetworkInterface', 'DeleteMessage', 'DeleteMessageBatch', 'DeleteItem')
  AND useridentity.type <> 'AWSService'
  AND useridentity.invokedby IS NULL
  AND errorcode IS NULL
GROUP BY account, region, 4, substr(eventtime, 1, 13)
HAVING count(DISTINCT eventid) >= :deletions
ORDER BY deletions DESC
