-- name: WafRemoved
-- title: Web application firewalls taken away
-- description: Web ACLs taken off a resource or deleted, and rule groups deleted.
-- why: The application behind is open to what the firewall held off.
-- topic: defence evasion
-- mitre: T1562.007
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.resourceArn'), json_extract_scalar(requestparameters, '$.name'), json_extract_scalar(requestparameters, '$.webACLId')) AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('wafv2.amazonaws.com', 'waf.amazonaws.com', 'waf-regional.amazonaws.com')
  AND eventname IN (
    'DisassociateWebACL',
    'DeleteWebACL',
    'DeleteRuleGroup',
    'DeleteFirewallManagerRuleGroups'
  )
  AND errorcode IS NULL
ORDER BY time DESC
