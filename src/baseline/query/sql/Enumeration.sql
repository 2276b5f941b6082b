-- name: Enumeration
-- title: Who looks around
-- description: Principals that used most different listing and describing calls within an hour.
-- why: The first minutes of an intruder, and of every posture scanner: know the scanners.
-- topic: discovery
-- mitre: T1580
-- parameter: days integer = 30: How many days to look back.
-- parameter: kinds integer = 20: How many different calls are many.
SELECT
  account,
  substr(eventtime, 1, 13) || ':00:00Z' AS hour,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  max_by(sourceipaddress, eventtime) AS sourceip,
  max_by(useragent, eventtime) AS useragent,
  count(DISTINCT eventname) AS kinds,
  count(DISTINCT eventsource) AS services,
  count(*) AS calls,
  count(errorcode) AS errors
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(eventname, '^(List|Describe|Get|Lookup|Search)')
  AND useridentity.type <> 'AWSService'
  AND useridentity.invokedby IS NULL
GROUP BY 1, 2, 3
HAVING count(DISTINCT eventname) >= :kinds
ORDER BY kinds DESC, calls DESC
