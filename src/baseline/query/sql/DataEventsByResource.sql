-- name: DataEventsByResource
-- title: Data events by bucket, table and function
-- description: Which resources fill the log with data events, which cost extra.
-- why: One busy bucket can cost more than all the rest of the trail.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
SELECT
  account,
  region,
  eventsource,
  coalesce(
    json_extract_scalar(requestparameters, '$.bucketName'),
    json_extract_scalar(requestparameters, '$.tableName'),
    json_extract_scalar(requestparameters, '$.functionName'),
    element_at(resources, 1).arn
  ) AS resource,
  count(*) AS events,
  count_if(readonly = 'true') AS reads,
  count(DISTINCT coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principals
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventcategory = 'Data'
GROUP BY 1, 2, 3, 4
ORDER BY events DESC
