-- name: TopTalkers
-- title: Pairs that exchanged most
-- description: Source, destination and port of the flows that carried most bytes.
-- why: Know the big streams, and the one that is new among them stands out.
-- topic: network
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  srcaddr,
  dstaddr,
  dstport,
  sum(bytes) AS bytes,
  sum(packets) AS packets,
  count(*) AS flows,
  date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'ACCEPT'
GROUP BY 1, 2, 3, 4, 5
ORDER BY bytes DESC
LIMIT 100
