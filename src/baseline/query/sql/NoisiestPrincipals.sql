-- name: NoisiestPrincipals
-- title: Principals that call most
-- description: Principals by number of calls, with the share of the account's calls.
-- why: A log pays by the event; and who stands out here for the first time is worth a look.
-- topic: noise
-- parameter: days integer = 30: How many days to look back.
WITH counted AS (
  SELECT
    account,
    coalesce(useridentity.sessioncontext.sessionissuer.arn, coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type)) AS principal,
    count(*) AS calls,
    count(DISTINCT eventname) AS kinds,
    count(errorcode) AS errors,
    max(eventtime) AS lasttime
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  GROUP BY 1, 2
)
SELECT
  account,
  principal,
  calls,
  round(100 * cast(calls AS double) / sum(calls) OVER (PARTITION BY account), 1) AS percent,
  kinds,
  errors,
  lasttime
FROM counted
ORDER BY calls DESC
LIMIT 1000
