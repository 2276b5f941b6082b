-- name: NetworkChanged
-- title: Changes of the network
-- description: Security groups, network ACLs, gateways, route tables, peerings and VPCs created,
--   changed or deleted.
-- why: Each change moves a border; the CIS benchmark for AWS asks to watch them.
-- topic: persistence
-- mitre: T1562.007
-- severity: informational
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.groupId'), json_extract_scalar(requestparameters, '$.networkAclId'), json_extract_scalar(requestparameters, '$.routeTableId'), json_extract_scalar(requestparameters, '$.internetGatewayId'), json_extract_scalar(requestparameters, '$.vpcId')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND (
    regexp_like(
      eventname,
      '^(Authorize|Revoke|Create|Delete|Modify)SecurityGroup|^(Create|Delete|Replace)(NetworkAcl|Route)'
    )
    OR regexp_like(eventname, '^(Attach|Detach|Create|Delete)(Internet|Customer|Vpn|Transit|Nat)Gateway')
    OR regexp_like(
      eventname,
      '^(Create|Delete|Modify|Accept|Reject|Attach|Detach|Enable|Disable|Associate|Disassociate)(ClassicLink)?Vpc'
    )
    OR regexp_like(eventname, '^(Disassociate|Replace)RouteTable')
  )
  AND errorcode IS NULL
ORDER BY time DESC
