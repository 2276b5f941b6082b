-- name: SecurityServiceDisabled
-- title: Security services switched off
-- description: Security Hub, Inspector, Macie, Detective and IAM Access Analyzer disabled, their
--   standards or analyzers removed, or members taken out.
-- why: Each of them watches something that the others do not.
-- topic: defence evasion
-- mitre: T1562.001
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  eventsource AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND (
    eventsource = 'securityhub.amazonaws.com'
    AND eventname IN (
      'DisableSecurityHub', 'BatchDisableStandards', 'DeleteMembers', 'DisassociateMembers',
      'DisassociateFromAdministratorAccount', 'DisassociateFromMasterAccount',
      'DisableImportFindingsForProduct', 'DisableOrganizationAdminAccount'
    )
    OR eventsource = 'inspector2.amazonaws.com'
    AND eventname IN ('Disable', 'DisableDelegatedAdminAccount', 'DisassociateMember')
    OR eventsource = 'macie2.amazonaws.com'
    AND eventname IN ('DisableMacie', 'DisableOrganizationAdminAccount', 'DeleteMember')
    OR eventsource = 'detective.amazonaws.com'
    AND eventname IN ('DeleteGraph', 'DeleteMembers', 'DisassociateMembership')
    OR eventsource = 'access-analyzer.amazonaws.com' AND eventname = 'DeleteAnalyzer'
  )
  AND errorcode IS NULL
ORDER BY time DESC
