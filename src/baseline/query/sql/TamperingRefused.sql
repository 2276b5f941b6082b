-- name: TamperingRefused
-- title: Refused attempts to switch security off
-- description: Calls against trails, GuardDuty, Config, Security Hub, flow logs and the
--   organization that were denied.
-- why: The guardrail held; whoever tried is still inside.
-- topic: defence evasion
-- mitre: T1562
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  eventsource AS resource,
  errormessage AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND regexp_like(errorcode, 'AccessDenied|UnauthorizedOperation')
  AND eventname IN (
    'StopLogging',
    'DeleteTrail',
    'UpdateTrail',
    'PutEventSelectors',
    'DeleteDetector',
    'UpdateDetector',
    'DisassociateFromAdministratorAccount',
    'DisassociateFromMasterAccount',
    'StopConfigurationRecorder',
    'DeleteConfigurationRecorder',
    'DeleteDeliveryChannel',
    'DisableSecurityHub',
    'DeleteFlowLogs',
    'LeaveOrganization',
    'DetachPolicy',
    'ScheduleKeyDeletion',
    'DisableKey',
    'DeleteAnalyzer'
  )
ORDER BY time DESC
