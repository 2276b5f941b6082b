-- name: WhoAmI
-- title: First calls of fresh credentials
-- description: GetCallerIdentity by principal and address. Software seldom asks who it is; people
--   with new credentials do first.
-- why: An address that asks this for several principals is somebody who tries keys.
-- topic: discovery
-- mitre: T1087.004
-- parameter: days integer = 30: How many days to look back.
SELECT
  sourceipaddress AS sourceip,
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  useragent,
  count(*) AS calls,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'sts.amazonaws.com'
  AND eventname = 'GetCallerIdentity'
GROUP BY 1, 2, 3, 4
ORDER BY firsttime DESC
