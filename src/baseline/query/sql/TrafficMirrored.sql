-- name: TrafficMirrored
-- title: Network traffic mirrored
-- description: Sessions, targets and filters of VPC traffic mirroring created, changed or deleted,
--   tried or done.
-- why: A copy of every packet, also of what is not encrypted, goes to a place of the caller's
--   choice.
-- topic: exfiltration
-- mitre: T1040
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  eventname AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND regexp_like(eventname, '^(Create|Modify|Delete)TrafficMirror')
ORDER BY time DESC
