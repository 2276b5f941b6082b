-- name: BuildMadePublic
-- title: Build projects opened to everybody
-- description: CodeBuild projects whose builds, logs and artifacts everybody may see.
-- why: Build logs hold the secrets that builds need.
-- topic: exfiltration
-- mitre: T1567
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.projectArn') AS resource,
  CAST(NULL AS varchar) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'codebuild.amazonaws.com'
  AND eventname = 'UpdateProjectVisibility'
  AND json_extract_scalar(requestparameters, '$.projectVisibility') = 'PUBLIC_READ'
  AND errorcode IS NULL
ORDER BY time DESC
