-- name: DataOut
-- title: Bytes sent out to the internet
-- description: How much each machine sent to each public address, by day.
-- why: A machine that suddenly sends gigabytes to one address is a theft in progress.
-- topic: network
-- mitre: T1048
-- parameter: days integer = 30: How many days to look back.
-- parameter: bytes integer = 100000000: How many bytes a day are many.
SELECT
  date,
  account,
  region,
  srcaddr,
  dstaddr,
  dstport,
  sum(bytes) AS bytes,
  count(*) AS flows
FROM auditing.flowlogs
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND action = 'ACCEPT'
  AND regexp_like(srcaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
  AND NOT regexp_like(dstaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
GROUP BY 1, 2, 3, 4, 5, 6
HAVING sum(bytes) >= :bytes
ORDER BY bytes DESC
