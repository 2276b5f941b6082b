-- name: RejectedBySource
-- title: Refused traffic by source
-- description: Sources whose traffic was refused most, how many targets and ports they tried.
-- why: Scanners from the internet are noise; a source inside your own network is not.
-- topic: network
-- mitre: T1046
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  srcaddr,
  regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)') AS internal,
  count(*) AS flows,
  sum(packets) AS packets,
  count(DISTINCT dstaddr) AS targets,
  count(DISTINCT dstport) AS ports,
  date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'REJECT'
GROUP BY 1, 2, 3
ORDER BY internal DESC, flows DESC
LIMIT 1000
