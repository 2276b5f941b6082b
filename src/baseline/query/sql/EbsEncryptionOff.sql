-- name: EbsEncryptionOff
-- title: Default encryption of volumes switched off
-- description: Encryption of new EBS volumes by default was switched off in a region.
-- why: Snapshots in clear can be shared with, and read by, any account.
-- topic: defence evasion
-- mitre: T1600
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  region AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname = 'DisableEbsEncryptionByDefault'
  AND errorcode IS NULL
ORDER BY time DESC
