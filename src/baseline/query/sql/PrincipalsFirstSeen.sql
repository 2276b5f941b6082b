-- name: PrincipalsFirstSeen
-- title: Principals that were never seen before
-- description: Users and roles that called for the first time in the last days, with what they did.
-- why: New names are new people, new software, or an intruder's user.
-- topic: identity
-- mitre: T1136.003
-- parameter: days integer = 7: How many days count as new.
-- parameter: before integer = 30: How many days before those to compare with.
WITH seen AS (
  SELECT
    account,
    coalesce(useridentity.sessioncontext.sessionissuer.arn, coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principal,
    min(date) AS firstdate,
    min(eventtime) AS firsttime,
    max(eventtime) AS lasttime,
    min_by(sourceipaddress, eventtime) AS firstip,
    min_by(eventname, eventtime) AS firstevent,
    count(*) AS calls,
    count(DISTINCT eventname) AS kinds
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -(:days + :before), current_timestamp), '%Y-%m-%d')
    AND useridentity.type <> 'AWSService'
    -- A sign-in that failed names no ARN: nobody came in, and the user may be an old one.
    AND (useridentity.arn IS NOT NULL OR eventsource <> 'signin.amazonaws.com')
  GROUP BY 1, 2
)
SELECT account, principal, firsttime, firstip, firstevent, calls, kinds, lasttime
FROM seen
WHERE firstdate >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
ORDER BY firsttime DESC
