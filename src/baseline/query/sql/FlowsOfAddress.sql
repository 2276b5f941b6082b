-- name: FlowsOfAddress
-- title: Who talked to an address
-- description: Everything that an address sent or received, by peer, port and action.
-- why: An address of an incident: whom did it reach, what was let through, how much was carried?
-- topic: network
-- mitre: T1071
-- parameter: days integer = 30: How many days to look back.
-- parameter: address address: The address, like 203.0.113.66.
SELECT
  account,
  region,
  interface_id,
  srcaddr,
  dstaddr,
  dstport,
  protocol,
  action,
  sum(bytes) AS bytes,
  sum(packets) AS packets,
  count(*) AS flows,
  date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
  date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND (srcaddr = :address OR dstaddr = :address)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
ORDER BY bytes DESC
