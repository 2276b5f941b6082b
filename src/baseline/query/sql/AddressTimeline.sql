-- name: AddressTimeline
-- title: What came from an address, call by call
-- description: All calls from one address, newest first.
-- why: The time line of an intruder, whichever credentials were used from there.
-- topic: identity
-- parameter: days integer = 30: How many days to look back.
-- parameter: address address: The address, like 203.0.113.66.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.username, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  eventsource,
  eventname AS event,
  sourceipaddress AS sourceip,
  useragent,
  requestparameters,
  coalesce(errorcode, errormessage) AS errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND sourceipaddress = :address
ORDER BY time DESC
