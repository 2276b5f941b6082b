-- name: RegionEnabled
-- title: Opt-in regions enabled
-- description: An opt-in region enabled in an account.
-- why: A region that nobody uses is a region that nobody looks at: a place for miners.
-- topic: defence evasion
-- mitre: T1535
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.RegionName'), json_extract_scalar(requestparameters, '$.regionName')) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'EnableRegion'
  AND errorcode IS NULL
ORDER BY time DESC
