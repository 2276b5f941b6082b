-- name: OrganizationExplored
-- title: Who explored the organization
-- description: Listings of accounts, units, policies and contacts of the organization, by principal
--   and address.
-- why: The map an intruder needs to move on.
-- topic: discovery
-- mitre: T1087.004
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  array_join(array_sort(array_agg(DISTINCT eventname)), ', ') AS calls,
  count(*) AS times,
  count(errorcode) AS errors,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('organizations.amazonaws.com', 'account.amazonaws.com', 'billingconsole.amazonaws.com')
  AND regexp_like(eventname, '^(List|Describe|Get)')
GROUP BY 1, 2, 3
ORDER BY lasttime DESC
