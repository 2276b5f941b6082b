-- name: MiningInstances
-- title: Instances of the sizes that miners like
-- description: Instances with graphics processors or of the largest sizes, started or tried, and
--   many started by one call. Not those of Auto Scaling and other services.
-- why: Stolen accounts are turned into money by the hour, and the bill is yours.
-- topic: impact
-- mitre: T1496.001
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
-- parameter: instances integer = 20: How many instances in one call are many.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.instanceType'), json_extract_scalar(requestparameters, '$.launchSpecification.instanceType')) AS resource,
  'at most ' || coalesce(json_extract_scalar(requestparameters, '$.instancesSet.items[0].maxCount'), json_extract_scalar(requestparameters, '$.maxCount')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet')
  AND useridentity.invokedby IS NULL
  AND coalesce(errorcode, '') <> 'Client.DryRunOperation'
  AND (
    regexp_like(
      coalesce(json_extract_scalar(requestparameters, '$.instanceType'), json_extract_scalar(requestparameters, '$.launchSpecification.instanceType')),
      '^(p|g|trn|inf|dl|f)[0-9]|metal|\.(16|18|24|32|48|56|96|112)xlarge'
    )
    OR try_cast(coalesce(json_extract_scalar(requestparameters, '$.instancesSet.items[0].maxCount'), json_extract_scalar(requestparameters, '$.maxCount')) AS bigint) >= :instances
  )
ORDER BY time DESC
