-- name: ResourceMadePublic
-- title: Resources opened to everybody by their policy
-- description: Policies of queues, topics, repositories, keys, secrets, vaults, domains and
--   functions that allow everybody, without a condition that fixes who or from where.
-- why: The same mistake as a public bucket, where fewer people look for it.
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
  coalesce(json_extract_scalar(requestparameters, '$.repositoryName'), json_extract_scalar(requestparameters, '$.keyId'), json_extract_scalar(requestparameters, '$.queueUrl'), json_extract_scalar(requestparameters, '$.topicArn'), json_extract_scalar(requestparameters, '$.secretId'), json_extract_scalar(requestparameters, '$.domainName'), eventsource) AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventname IN (
    'SetRepositoryPolicy',
    'PutRegistryPolicy',
    'PutKeyPolicy',
    'CreateKey',
    'SetQueueAttributes',
    'CreateQueue',
    'SetTopicAttributes',
    'CreateTopic',
    'PutResourcePolicy',
    'SetVaultAccessPolicy',
    'PutBackupVaultAccessPolicy',
    'CreateElasticsearchDomain',
    'UpdateElasticsearchDomainConfig',
    'CreateDomain',
    'UpdateDomainConfig',
    'PutFileSystemPolicy'
  )
  AND any_match(
    coalesce(
      try_cast(json_extract(coalesce(
    json_extract_scalar(requestparameters, '$.policyText'),
    json_format(json_extract(requestparameters, '$.policyText')),
    json_extract_scalar(requestparameters, '$.policy'),
    json_format(json_extract(requestparameters, '$.policy')),
    json_extract_scalar(requestparameters, '$.resourcePolicy'),
    json_format(json_extract(requestparameters, '$.resourcePolicy')),
    json_extract_scalar(requestparameters, '$.accessPolicies'),
    json_format(json_extract(requestparameters, '$.accessPolicies')),
    json_extract_scalar(requestparameters, '$.attributes.Policy'),
    json_format(json_extract(requestparameters, '$.attributes.Policy')),
    json_extract_scalar(requestparameters, '$.attributeValue'),
    json_format(json_extract(requestparameters, '$.attributeValue'))
  ), '$.Statement') AS array(json)),
      ARRAY[json_extract(coalesce(
    json_extract_scalar(requestparameters, '$.policyText'),
    json_format(json_extract(requestparameters, '$.policyText')),
    json_extract_scalar(requestparameters, '$.policy'),
    json_format(json_extract(requestparameters, '$.policy')),
    json_extract_scalar(requestparameters, '$.resourcePolicy'),
    json_format(json_extract(requestparameters, '$.resourcePolicy')),
    json_extract_scalar(requestparameters, '$.accessPolicies'),
    json_format(json_extract(requestparameters, '$.accessPolicies')),
    json_extract_scalar(requestparameters, '$.attributes.Policy'),
    json_format(json_extract(requestparameters, '$.attributes.Policy')),
    json_extract_scalar(requestparameters, '$.attributeValue'),
    json_format(json_extract(requestparameters, '$.attributeValue'))
  ), '$.Statement')]
    ),
    s -> json_extract_scalar(s, '$.Effect') = 'Allow'
      AND (
        json_extract_scalar(s, '$.Principal') = '*'
        OR regexp_like(json_format(json_extract(s, '$.Principal.AWS')), '"\*"')
      )
      -- Of the operators that hold only when the key is there and fits, the keys that fix who or
      -- from where, unless one of the values is everybody or everywhere.
      AND NOT any_match(
        regexp_extract_all(
          array_join(
            regexp_extract_all(
              coalesce(lower(json_format(json_extract(s, '$.Condition'))), ''),
              '"(foranyvalue:)?(stringequals|stringequalsignorecase|stringlike|arnequals|arnlike|ipaddress|bool)":\{[^}]*\}'
            ),
            ','
          ),
          '"(aws:(source(ip|arn|vpc|vpce|account|owner|orgid|orgpaths)|principal(arn|account|orgid|orgpaths|isawsservice)|userid|vpcsourceip)|s3:(dataaccesspointarn|dataaccesspointaccount)|kms:calleraccount)":(\[[^\]]*\]|"[^"]*"|[0-9a-z]+)'
        ),
        c -> NOT regexp_like(
          c,
          '[:,\[]"(arn:[^:"]*:[^:"]*:)?[^0-9a-z"]*"|:(iam|sts)::[*?]|[0-9.]/[0-7]"|:/([12]?[0-9]|3[01])"|false"?$'
        )
      )
  )
  AND errorcode IS NULL
ORDER BY time DESC
