-- name: FlowLogsDeleted
-- title: Flow logs and DNS query logs deleted
-- description: Flow logs of a VPC, subnet or interface deleted, and the query logging of Route 53
--   Resolver deleted or taken off a VPC.
-- why: Who moves data out first makes sure that the network does not record it.
-- topic: defence evasion
-- mitre: T1562.008
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.DeleteFlowLogsRequest.FlowLogId.content'), json_extract_scalar(requestparameters, '$.resolverQueryLogConfigId')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('ec2.amazonaws.com', 'route53resolver.amazonaws.com')
  AND eventname IN (
    'DeleteFlowLogs',
    'DeleteResolverQueryLogConfig',
    'DisassociateResolverQueryLogConfig'
  )
  AND errorcode IS NULL
ORDER BY time DESC
