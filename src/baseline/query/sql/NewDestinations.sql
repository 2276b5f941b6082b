-- name: NewDestinations
-- title: Destinations that are new
-- description: Public addresses to which something was sent in the last days, and never before in
--   the days that are compared.
-- why: A server that talks to a new address has new software, or a new master.
-- topic: network
-- mitre: T1071
-- parameter: days integer = 2: How many days count as new.
-- parameter: before integer = 14: How many days before those to compare with.
WITH seen AS (
  SELECT
    account,
    dstaddr,
    dstport,
    min(date) AS firstdate,
    max(srcaddr) AS onesource,
    count(DISTINCT srcaddr) AS sources,
    sum(bytes) AS bytes,
    date_format(from_unixtime(min(start)), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
    date_format(from_unixtime(max("end")), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
  FROM auditing.flowlogs
  WHERE date >= date_format(date_add('day', -(:days + :before), current_timestamp), '%Y-%m-%d')
    AND action = 'ACCEPT'
    AND dstport < 32768
    AND NOT regexp_like(dstaddr, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd][0-9a-f]{2}:|fe80:)')
  GROUP BY 1, 2, 3
)
SELECT account, dstaddr, dstport, sources, onesource, bytes, firsttime, lasttime
FROM seen
WHERE firstdate >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
ORDER BY bytes DESC
