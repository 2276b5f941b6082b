-- name: SharedSnapshotsSearched
-- title: Public and shared database snapshots searched
-- description: Listings of RDS snapshots that ask for those that are public, or that others share.
-- why: Whoever searches for forgotten snapshots looks for other people's data.
-- topic: discovery
-- mitre: T1580
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  eventsource AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND eventname IN ('DescribeDBSnapshots', 'DescribeDBClusterSnapshots')
  AND (json_extract_scalar(requestparameters, '$.includePublic') = 'true' OR json_extract_scalar(requestparameters, '$.includeShared') = 'true')
  AND errorcode IS NULL
ORDER BY time DESC
