-- name: RootActivity
-- title: Root users at work
-- description: Successful sign-ins of root users, and calls of theirs that changed something. Not
--   what AWS services do on behalf of the account, nor root's reading.
-- why: No policy of the account limits root, and daily work never needs it. Whoever holds root can
--   undo every other control.
-- topic: identity
-- mitre: T1078.004
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(element_at(resources, 1).arn, eventsource) AS resource,
  json_extract_scalar(additionaleventdata, '$.MFAUsed') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND useridentity.type = 'Root'
  AND useridentity.invokedby IS NULL
  AND coalesce(eventtype, '') <> 'AwsServiceEvent'
  AND eventname NOT LIKE 'Password%'
  AND coalesce(readonly, 'false') <> 'true'
  AND coalesce(responseelements, '') NOT LIKE '%"Failure"%'
  AND errorcode IS NULL
ORDER BY time DESC
