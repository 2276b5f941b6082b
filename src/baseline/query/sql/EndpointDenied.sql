-- name: EndpointDenied
-- title: Calls that a VPC endpoint refused
-- description: Calls through a VPC endpoint whose policy denied them.
-- why: Somebody inside tries to reach a bucket or account that is not yours.
-- topic: discovery
-- mitre: T1537
-- severity: medium
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.bucketName'), eventsource) AS resource,
  errormessage AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND errorcode = 'VpceAccessDenied'
ORDER BY time DESC
