-- name: IamChanged
-- title: Everything changed in IAM
-- description: Everything that people and programs changed in IAM: users, groups, roles, policies,
--   keys and providers.
-- why: Rights are the map of an account; the CIS benchmark for AWS asks to watch every change of
--   them.
-- topic: identity
-- mitre: T1098
-- severity: informational
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.userName'), json_extract_scalar(requestparameters, '$.roleName'), json_extract_scalar(requestparameters, '$.groupName'), json_extract_scalar(requestparameters, '$.policyName'), json_extract_scalar(requestparameters, '$.policyArn')) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND regexp_like(eventname, '^(Add|Attach|Create|Deactivate|Delete|Detach|Enable|Put|Remove|Reset|Resync|Set|Tag|Untag|Update|Upload)')
  AND useridentity.type <> 'AWSService'
  AND errorcode IS NULL
ORDER BY time DESC
