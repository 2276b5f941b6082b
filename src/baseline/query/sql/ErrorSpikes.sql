-- name: ErrorSpikes
-- title: Hours with unusually many errors
-- description: Hours in which an account had many times more errors than its other hours with
--   errors have on average.
-- why: Something broke, or somebody tries doors.
-- topic: discovery
-- mitre: T1580
-- parameter: days integer = 30: How many days to look back.
-- parameter: times integer = 3: How many times the average is unusual.
WITH hours AS (
  SELECT
    account,
    substr(eventtime, 1, 13) || ':00:00Z' AS hour,
    count(DISTINCT eventid) AS errors,
    max_by(coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type), eventtime) AS lastprincipal,
    array_join(slice(array_sort(array_agg(DISTINCT errorcode)), 1, 5), ', ') AS codes
  FROM auditing.cloudtrail
  WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
    AND errorcode IS NOT NULL
  GROUP BY 1, 2
), compared AS (
  SELECT
    hours.*,
    sum(errors) OVER (PARTITION BY account) - errors AS othererrors,
    count(*) OVER (PARTITION BY account) - 1 AS otherhours
  FROM hours
)
SELECT
  account,
  hour,
  errors,
  round(cast(othererrors AS double) / greatest(otherhours, 1), 1) AS average,
  codes,
  lastprincipal
FROM compared
WHERE errors * greatest(otherhours, 1) >= :times * othererrors AND errors >= 10
ORDER BY errors DESC
