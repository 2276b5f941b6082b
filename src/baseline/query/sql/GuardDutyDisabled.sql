-- name: GuardDutyDisabled
-- title: GuardDuty switched off, or members removed
-- description: Detectors deleted or suspended, members whose monitoring was stopped or who were
--   removed, and accounts that left their administrator.
-- why: The alarm was switched off. In a roll-out or a removal that you know of this is expected;
--   otherwise it is an incident.
-- topic: defence evasion
-- mitre: T1562.001
-- severity: critical
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.detectorId') AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'guardduty.amazonaws.com'
  AND (
    eventname IN (
      'DeleteDetector', 'StopMonitoringMembers', 'DisassociateMembers', 'DeleteMembers',
      'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount',
      'DisableOrganizationAdminAccount'
    )
    OR eventname = 'UpdateDetector' AND json_extract_scalar(requestparameters, '$.enable') = 'false'
  )
  AND errorcode IS NULL
ORDER BY time DESC
