-- name: Beacons
-- title: Machines that call home regularly
-- description: Pairs with many small flows in many different hours: something that asks for orders,
--   or a health check.
-- why: Malware waits and asks again, every few minutes, for weeks.
-- topic: network
-- mitre: T1071
-- parameter: days integer = 30: How many days to look back.
-- parameter: hours integer = 12: In how many different hours.
SELECT
  account,
  srcaddr,
  dstaddr,
  dstport,
  count(*) AS flows,
  count(DISTINCT start / 3600) AS hours,
  round(avg(bytes), 0) AS averagebytes,
  round(stddev(bytes), 0) AS deviation,
  date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'ACCEPT'
  AND dstport < 32768
  AND regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
  AND NOT regexp_like(dstaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
GROUP BY 1, 2, 3, 4
HAVING count(DISTINCT start / 3600) >= :hours AND avg(bytes) < 10000
ORDER BY hours DESC, flows DESC
