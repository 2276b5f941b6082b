-- name: InstancesInUnusedRegions
-- title: Instances in regions that were not used before
-- description: Instances started in a region in which the account had started none before.
-- why: Miners go where nobody looks.
-- topic: impact
-- mitre: T1535
-- parameter: days integer = 7: How many days count as new.
-- parameter: before integer = 30: How many days before those to compare with.
WITH starts AS (
  SELECT
    account,
    region,
    min(date) AS firstdate,
    min(eventtime) AS firsttime,
    max_by(coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type), eventtime) AS principal,
    max_by(sourceipaddress, eventtime) AS sourceip,
    count_if(errorcode IS NULL) AS started,
    count(errorcode) AS refused,
    array_join(array_sort(array_agg(DISTINCT json_extract_scalar(requestparameters, '$.instanceType'))), ', ') AS types
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -(:days + :before), current_timestamp), '%Y-%m-%d')
    AND eventsource = 'ec2.amazonaws.com'
    AND eventname = 'RunInstances'
  GROUP BY 1, 2
)
SELECT account, region, firsttime, principal, sourceip, started, refused, types
FROM starts
WHERE firstdate >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
ORDER BY firsttime DESC
