-- name: KmsKeyDisabled
-- title: Encryption keys disabled or to be deleted
-- description: KMS keys disabled, scheduled for deletion, or whose imported material was deleted.
-- why: What a key encrypted is lost with it: backups, volumes, and the logs themselves.
-- topic: defence evasion
-- mitre: T1485
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.keyId') AS resource,
  'pending days: ' || json_extract_scalar(requestparameters, '$.pendingWindowInDays') AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'kms.amazonaws.com'
  AND eventname IN (
    'DisableKey',
    'ScheduleKeyDeletion',
    'DeleteImportedKeyMaterial',
    'DisconnectCustomKeyStore'
  )
  AND errorcode IS NULL
ORDER BY time DESC
