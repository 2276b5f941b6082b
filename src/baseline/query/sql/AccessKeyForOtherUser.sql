-- name: AccessKeyForOtherUser
-- title: Access keys made for another user
-- description: CreateAccessKey calls in which the caller is not the user who gets the key.
-- why: A way to stay in an account after the first way in is closed.
-- topic: identity
-- mitre: T1098.001
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.userName') AS resource,
  json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname = 'CreateAccessKey'
  AND json_extract_scalar(requestparameters, '$.userName') IS NOT NULL
  AND json_extract_scalar(requestparameters, '$.userName') <> coalesce(useridentity.username, '')
  AND errorcode IS NULL
ORDER BY time DESC
