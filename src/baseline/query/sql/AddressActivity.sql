-- name: AddressActivity
-- title: What came from an address
-- description: Calls from one address, by principal, service and name, with errors, first and last
--   time.
-- why: An address of an incident: who else came from there?
-- topic: identity
-- parameter: days integer = 30: How many days to look back.
-- parameter: address address: The address, like 203.0.113.66.
SELECT
  account,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  eventsource,
  eventname AS event,
  count(*) AS calls,
  -- A failed sign-in has a message and no code.
  count(coalesce(errorcode, errormessage)) AS errors,
  min(eventtime) AS firsttime,
  max(eventtime) AS lasttime
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND sourceipaddress = :address
GROUP BY 1, 2, 3, 4
ORDER BY lasttime DESC
