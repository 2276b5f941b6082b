-- name: ManyDenials
-- title: Many different calls denied in an hour
-- description: Principals to whom more different calls were denied within an hour than the
--   threshold.
-- why: Who tries what stolen credentials are good for meets many closed doors.
-- topic: discovery
-- mitre: T1580
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
-- parameter: calls integer = 10: How many different calls are many.
SELECT
  max(eventtime) AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  max_by(sourceipaddress, eventtime) AS sourceip,
  array_join(slice(array_sort(array_agg(DISTINCT eventname)), 1, 10), ', ') AS event,
  array_join(slice(array_sort(array_agg(DISTINCT eventsource)), 1, 10), ', ') AS resource,
  cast(count(DISTINCT eventname) AS varchar) || ' different calls denied' AS detail,
  max_by(eventid, eventtime) AS eventid,
  count(DISTINCT eventid) AS denials
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(errorcode, 'AccessDenied|UnauthorizedOperation|Forbidden')
  AND useridentity.type <> 'AWSService'
  AND useridentity.invokedby IS NULL
GROUP BY account, region, 4, substr(eventtime, 1, 13)
HAVING count(DISTINCT eventname) >= :calls
ORDER BY denials DESC
