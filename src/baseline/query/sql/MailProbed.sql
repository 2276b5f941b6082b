-- name: MailProbed
-- title: Mail sending probed
-- description: Questions to Amazon SES whether sending is enabled, how much may be sent, and for
--   which identities.
-- why: Stolen keys are often tried for one thing: sending spam in your name.
-- topic: discovery
-- mitre: T1526
-- severity: low
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  eventsource AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 'ses.amazonaws.com'
  AND eventname IN (
    'GetAccountSendingEnabled',
    'GetSendQuota',
    'GetAccount',
    'ListIdentities',
    'ListEmailIdentities',
    'GetIdentityVerificationAttributes',
    'UpdateAccountSendingEnabled'
  )
  AND useridentity.type <> 'AWSService'
  AND errorcode IS NULL
ORDER BY time DESC
