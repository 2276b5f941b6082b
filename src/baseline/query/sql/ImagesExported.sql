-- name: ImagesExported
-- title: Images and instances exported
-- description: Machine images made, copied, stored to S3 or exported, and instances exported.
-- why: Other ways in which a disk leaves an account.
-- topic: exfiltration
-- mitre: T1537
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(
    json_extract_scalar(requestparameters, '$.imageId'),
    json_extract_scalar(requestparameters, '$.sourceImageId'),
    json_extract_scalar(requestparameters, '$.instanceId')
  ) AS resource,
  requestparameters,
  errorcode,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname IN (
    'CreateImage', 'CopyImage', 'ExportImage', 'CreateStoreImageTask', 'CreateInstanceExportTask'
  )
ORDER BY time DESC
