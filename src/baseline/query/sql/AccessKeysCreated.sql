-- name: AccessKeysCreated
-- title: Access keys that were created
-- description: Every new access key, for whom, by whom and from where.
-- why: Access keys do not expire: each one is a door that stays open until somebody closes it.
-- topic: identity
-- mitre: T1098.001
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  json_extract_scalar(responseelements, '$.accessKey.userName') AS foruser,
  json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS newkey,
  useragent,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname = 'CreateAccessKey'
  AND errorcode IS NULL
ORDER BY time DESC
