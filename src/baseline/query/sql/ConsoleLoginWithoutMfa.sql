-- name: ConsoleLoginWithoutMfa
-- title: Console logins without a second factor
-- description: Successful console logins of root and IAM users for which no MFA device was used.
--   Federated users are left out: their second factor is their identity provider's, and not in the log.
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime,
  account,
  awsregion,
  useridentity.type AS usertype,
  useridentity.username AS username,
  useridentity.arn AS arn,
  sourceipaddress,
  useragent,
  eventid
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND useridentity.type IN ('Root', 'IAMUser')
  AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success'
  AND json_extract_scalar(additionaleventdata, '$.MFAUsed') = 'No'
ORDER BY eventtime DESC
