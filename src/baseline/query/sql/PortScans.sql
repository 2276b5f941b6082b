-- name: PortScans
-- title: Sources that tried many ports
-- description: Sources that tried more ports of one target within an hour than the threshold, and
--   how many let them in.
-- why: From the internet, weather; from inside, an intruder who looks for the next machine.
-- topic: network
-- mitre: T1046
-- parameter: days integer = 30: How many days to look back.
-- parameter: ports integer = 10: How many ports in an hour are many.
SELECT
  account,
  region,
  srcaddr,
  dstaddr,
  regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)') AS internal,
  count(DISTINCT dstport) AS ports,
  count(DISTINCT CASE WHEN action = 'ACCEPT' THEN dstport END) AS openports,
  count(*) AS flows,
  date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND protocol IN (6, 17)
  AND dstport < 32768
GROUP BY 1, 2, 3, 4, 5, start / 3600
HAVING count(DISTINCT dstport) >= :ports
ORDER BY internal DESC, ports DESC
