-- name: AccessKeyUse
-- title: What an access key did
-- description: Calls made with one access key, by service, name, region and address. Temporary keys
--   (ASIA…) are found as well as long-lived ones (AKIA…).
-- why: The first question about a leaked key: what was done with it, and from where.
-- topic: identity
-- mitre: T1078.004
-- parameter: days integer = 30: How many days to look back.
-- parameter: key access_key: The access key's id, like AKIAIOSFODNN7EXAMPLE.
SELECT
  account,
  region,
  eventsource,
  eventname,
  sourceipaddress AS sourceip,
  count(*) AS calls,
  count(errorcode) AS errors,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND useridentity.accesskeyid = :key
GROUP BY 1, 2, 3, 4, 5
ORDER BY firsttime DESC
