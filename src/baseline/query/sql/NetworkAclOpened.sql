-- name: NetworkAclOpened
-- title: Network ACLs opened to the world
-- description: Entries of network ACLs that allow traffic from everywhere into a subnet.
-- why: The second fence is gone; the security group is all that is left.
-- topic: persistence
-- mitre: T1562.007
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.networkAclId') AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname IN ('CreateNetworkAclEntry', 'ReplaceNetworkAclEntry')
  AND json_extract_scalar(requestparameters, '$.ruleAction') = 'allow'
  AND json_extract_scalar(requestparameters, '$.egress') = 'false'
  AND coalesce(json_extract_scalar(requestparameters, '$.cidrBlock'), json_extract_scalar(requestparameters, '$.ipv6CidrBlock')) IN ('0.0.0.0/0', '::/0')
  AND errorcode IS NULL
ORDER BY time DESC
