-- name: ServicesUsed
-- title: Services that each account uses
-- description: Services by account and region, with calls that read and that change.
-- why: What is not used can be forbidden by a service control policy.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  eventsource,
  count_if(readonly = 'true') AS reads,
  count_if(coalesce(readonly, 'false') <> 'true') AS writes,
  count(DISTINCT coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principals,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND useridentity.type <> 'AWSService'
GROUP BY 1, 2, 3
ORDER BY account, region, writes DESC
