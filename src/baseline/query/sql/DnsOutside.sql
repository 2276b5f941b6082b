-- name: DnsOutside
-- title: DNS past the VPC's own resolver
-- description: Machines that ask DNS servers outside, by server.
-- why: Past the resolver no query is logged or filtered: the way of tunnels and of malware.
-- topic: network
-- mitre: T1071.004
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  srcaddr,
  dstaddr,
  sum(bytes) AS bytes,
  count(*) AS flows,
  date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'ACCEPT'
  AND dstport IN (53, 853)
  AND regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
  AND NOT regexp_like(dstaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
GROUP BY 1, 2, 3, 4
ORDER BY bytes DESC
