-- name: SecurityGroupOpened
-- title: Security groups opened to the world
-- description: Rules that let the whole internet in, over IPv4 or IPv6, on whatever port.
-- why: What listens there is scanned within minutes.
-- topic: persistence
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
  coalesce(json_extract_scalar(requestparameters, '$.groupId'), json_extract_scalar(requestparameters, '$.groupName'), json_extract_scalar(requestparameters, '$.ModifySecurityGroupRulesRequest.GroupId')) AS resource,
  json_format(json_extract(requestparameters, '$.ipPermissions')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
  AND regexp_like(requestparameters, '"(0\.0\.0\.0/0|::/0)"')
  AND errorcode IS NULL
ORDER BY time DESC
