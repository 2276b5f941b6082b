-- name: PasswordPolicyWeakened
-- title: Password policy deleted or weakened
-- description: The account's password policy deleted, or set to fewer than 14 characters or to no
--   prevention of reuse.
-- why: Short passwords are guessed; the change itself shows that somebody prepares for it.
-- topic: identity
-- mitre: T1556
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  account AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND (
    eventname = 'DeleteAccountPasswordPolicy'
    OR eventname = 'UpdateAccountPasswordPolicy'
    AND (
      coalesce(try_cast(json_extract_scalar(requestparameters, '$.minimumPasswordLength') AS bigint), 6) < 14
      OR json_extract_scalar(requestparameters, '$.passwordReusePrevention') IS NULL
    )
  )
  AND errorcode IS NULL
ORDER BY time DESC
