-- name: AdminPortFromInternet
-- title: SSH, RDP and databases reached from the internet
-- description: Traffic from public addresses to ports of administration and of databases that was
--   let through, by source, target and day, if more than a few packets were answered or sent.
-- why: Such a port should never be open to the world; what is counted here got past the firewall.
-- topic: network
-- mitre: T1133
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
-- parameter: packets integer = 10: How many packets are no mere knock.
SELECT
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS time,
  account,
  region,
  srcaddr AS principal,
  srcaddr AS sourceip,
  'port ' || cast(dstport AS varchar) AS event,
  dstaddr AS resource,
  cast(sum(bytes) AS varchar) || ' bytes in ' || cast(count(*) AS varchar) || ' flows' AS detail,
  CAST(NULL AS varchar) AS eventid,
  sum(bytes) AS bytes
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'ACCEPT'
  AND protocol = 6
  AND dstport IN (22, 23, 135, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 6379, 9200, 11211, 27017)
  AND NOT regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
  AND regexp_like(dstaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
GROUP BY account, region, srcaddr, dstaddr, dstport, date
HAVING sum(packets) > :packets
ORDER BY time DESC
