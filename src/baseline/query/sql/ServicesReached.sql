-- name: ServicesReached
-- title: Ports on which machines were reached
-- description: Which ports of which machines accept traffic, from how many sources, inside and
--   outside.
-- why: The true picture of what is open, whatever the rules say.
-- topic: network
-- mitre: T1133
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  dstaddr,
  dstport,
  count_if(NOT regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')) AS outsideflows,
  count(DISTINCT srcaddr) AS sources,
  sum(bytes) AS bytes,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'ACCEPT'
  AND protocol IN (6, 17)
  AND dstport < 32768
  AND regexp_like(dstaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
GROUP BY 1, 2, 3, 4
ORDER BY outsideflows DESC, sources DESC
