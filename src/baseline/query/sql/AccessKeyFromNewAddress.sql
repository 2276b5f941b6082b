-- name: AccessKeyFromNewAddress
-- title: Access keys used from a new address
-- description: Long-lived access keys that were known before, and in the last days came from an
--   address that they had not come from.
-- why: A key of a server that suddenly calls from somewhere else has been copied.
-- topic: identity
-- mitre: T1078.004
-- parameter: days integer = 7: How many days count as new.
-- parameter: before integer = 30: How many days before those to compare with.
WITH seen AS (
  SELECT
    account,
    useridentity.accesskeyid AS accesskeyid,
    max(coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principal,
    sourceipaddress AS sourceip,
    min(date) AS firstdate,
    min(eventtime) AS firsttime,
    max(eventtime) AS lasttime,
    count(*) AS calls
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -(:days + :before), current_timestamp), '%Y-%m-%d')
    AND useridentity.accesskeyid LIKE 'AKIA%'
    AND useridentity.invokedby IS NULL
  GROUP BY 1, 2, 4
), aged AS (
  SELECT seen.*, min(firstdate) OVER (PARTITION BY accesskeyid) AS keydate FROM seen
)
SELECT account, accesskeyid, principal, sourceip, calls, firsttime, lasttime
FROM aged
WHERE firstdate >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND keydate < date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
ORDER BY firsttime DESC
