-- name: AccessKeyForOtherUser
-- title: Access keys made for another user
-- description: CreateAccessKey calls in which the caller is not the user who gets the key: a way to
--   stay in an account after the first way in is closed.
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime,
  account,
  useridentity.arn AS arn,
  json_extract_scalar(requestparameters, '$.userName') AS foruser,
  json_extract_scalar(responseelements, '$.accessKey.accessKeyId') AS newkey,
  sourceipaddress,
  useragent,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname = 'CreateAccessKey'
  AND json_extract_scalar(requestparameters, '$.userName') IS NOT NULL
  AND json_extract_scalar(requestparameters, '$.userName') <> coalesce(useridentity.username, '')
ORDER BY eventtime DESC
