-- name: SessionsFromNewAddress
-- title: Roles assumed from a new address
-- description: Roles that in the last days were assumed from an address from which nobody had
--   assumed them before. Services of AWS are left out.
-- why: Stolen credentials show first in an AssumeRole from a place that the role is never used
--   from.
-- topic: identity
-- mitre: T1550.001
-- parameter: days integer = 7: How many days count as new.
-- parameter: before integer = 30: How many days before those to compare with.
WITH seen AS (
  SELECT
    account,
    json_extract_scalar(requestparameters, '$.roleArn') AS role,
    sourceipaddress AS sourceip,
    max(coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principal,
    min(date) AS firstdate,
    min(eventtime) AS firsttime,
    max(eventtime) AS lasttime,
    count(*) AS sessions
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -(:days + :before), current_timestamp), '%Y-%m-%d')
    AND eventsource = 'sts.amazonaws.com'
    AND eventname IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
    AND useridentity.type <> 'AWSService'
    AND errorcode IS NULL
  GROUP BY 1, 2, 3
), aged AS (
  SELECT seen.*, min(firstdate) OVER (PARTITION BY account, role) AS roledate FROM seen
)
SELECT account, role, sourceip, principal, sessions, firsttime, lasttime
FROM aged
WHERE firstdate >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND roledate < date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
ORDER BY firsttime DESC
