-- name: DatabaseExported
-- title: Database snapshots exported, or copied to another region
-- description: Exports of RDS snapshots to S3, and copies of snapshots from another region.
-- why: An export is the database as files, ready to be taken away.
-- topic: exfiltration
-- mitre: T1537
-- severity: high
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(json_extract_scalar(requestparameters, '$.sourceArn'), json_extract_scalar(requestparameters, '$.sourceDBSnapshotIdentifier'), json_extract_scalar(requestparameters, '$.sourceDBClusterSnapshotIdentifier')) AS resource,
  coalesce(json_extract_scalar(requestparameters, '$.s3BucketName'), json_extract_scalar(requestparameters, '$.targetDBSnapshotIdentifier'), json_extract_scalar(requestparameters, '$.targetDBClusterSnapshotIdentifier')) AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'rds.amazonaws.com'
  AND (
    eventname = 'StartExportTask'
    OR eventname IN ('CopyDBSnapshot', 'CopyDBClusterSnapshot')
    AND split_part(
      coalesce(
        json_extract_scalar(requestparameters, '$.sourceDBSnapshotIdentifier'),
        json_extract_scalar(requestparameters, '$.sourceDBClusterSnapshotIdentifier')
      ), ':', 4
    ) NOT IN ('', awsregion)
  )
  AND errorcode IS NULL
ORDER BY time DESC
