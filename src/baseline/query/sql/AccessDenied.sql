-- name: AccessDenied
-- title: Denied calls by principal and call
-- description: Who was denied what, how often and from where.
-- why: A denied call is either a mistake in a policy or somebody beyond his rights.
-- topic: discovery
-- mitre: T1580
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  eventsource,
  eventname AS event,
  sourceipaddress AS sourceip,
  count(*) AS denials,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime,
  max_by(errormessage, eventtime) AS lastmessage
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(errorcode, 'AccessDenied|UnauthorizedOperation|Forbidden')
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY denials DESC
