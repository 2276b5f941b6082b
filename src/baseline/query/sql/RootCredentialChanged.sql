-- name: RootCredentialChanged
-- title: Passwords, addresses and keys of root users changed
-- description: Changes and recoveries of a root user's password, changes of its e-mail address, and
--   access keys made by root for itself.
-- why: Who recovers root's password through a stolen mailbox owns the account. Root should have no
--   access keys at all.
-- topic: identity
-- mitre: T1098.001
-- severity: critical
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(responseelements, '$.accessKey.accessKeyId'), useridentity.accountid) AS resource,
  responseelements AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND useridentity.type = 'Root'
  AND (
    eventname IN ('PasswordUpdated', 'PasswordRecoveryCompleted', 'EmailUpdated')
    OR eventname = 'CreateAccessKey' AND json_extract_scalar(requestparameters, '$.userName') IS NULL
  )
  AND coalesce(responseelements, '') NOT LIKE '%Failure%'
  AND errorcode IS NULL
ORDER BY time DESC
