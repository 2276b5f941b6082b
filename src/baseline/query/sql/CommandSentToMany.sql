-- name: CommandSentToMany
-- title: One command sent to many instances
-- description: Commands of Systems Manager sent at once to as many instances as the threshold, or
--   to all with a tag.
-- why: How an intruder takes a whole fleet; also how patches are rolled out.
-- topic: persistence
-- mitre: T1651
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
-- parameter: instances integer = 3: How many instances are many.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.documentName') AS resource,
  json_format(json_extract(requestparameters, '$.instanceIds')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ssm.amazonaws.com'
  AND eventname = 'SendCommand'
  AND coalesce(json_array_length(json_extract(requestparameters, '$.instanceIds')), 0) >= :instances
  AND errorcode IS NULL
ORDER BY time DESC
