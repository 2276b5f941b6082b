-- name: RejectedByPort
-- title: Refused traffic by port
-- description: Ports on which traffic was refused, from how many sources to how many targets.
-- why: What the world looks for on your addresses, and what a wrong rule breaks.
-- topic: network
-- mitre: T1046
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  dstport,
  protocol,
  count(*) AS flows,
  sum(packets) AS packets,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'REJECT'
GROUP BY 1, 2, 3, 4
ORDER BY flows DESC
