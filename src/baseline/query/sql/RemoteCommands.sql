-- name: RemoteCommands
-- title: Commands and sessions on instances
-- description: Commands sent by Systems Manager, sessions started, SSH keys pushed and serial
--   consoles opened, tried or done.
-- why: Ways onto a machine that no security group stops.
-- topic: persistence
-- mitre: T1651
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(
    json_extract_scalar(requestparameters, '$.target'),
    json_extract_scalar(requestparameters, '$.instanceId'),
    json_format(json_extract(requestparameters, '$.instanceIds')),
    json_format(json_extract(requestparameters, '$.targets'))
  ) AS instances,
  json_extract_scalar(requestparameters, '$.documentName') AS document,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource IN ('ssm.amazonaws.com', 'ec2-instance-connect.amazonaws.com')
  AND eventname IN (
    'SendCommand', 'StartSession', 'StartAutomationExecution', 'SendSSHPublicKey',
    'SendSerialConsoleSSHPublicKey', 'OpenTunnel'
  )
ORDER BY time DESC
