-- name: BucketMadePublic
-- title: Buckets opened to everybody
-- description: Bucket policies and access control lists that let everybody in. A policy counts as
--   public as Amazon S3 defines it: an Allow for everybody without a condition that fixes who or
--   from where.
-- why: What is public is found within minutes, by people who look for nothing else.
-- topic: exfiltration
-- mitre: T1530
-- severity: critical
-- parameter: days integer = 30: How many days to look back.
SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby, useridentity.type) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  json_extract_scalar(requestparameters, '$.bucketName') AS resource,
  requestparameters AS detail,
  eventid,
  useridentity.accesskeyid AS accesskeyid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND (
    eventname = 'PutBucketPolicy'
    AND any_match(
      coalesce(
        try_cast(json_extract(coalesce(
      json_extract_scalar(requestparameters, '$.bucketPolicy'),
      json_format(json_extract(requestparameters, '$.bucketPolicy'))
    ), '$.Statement') AS array(json)),
        ARRAY[json_extract(coalesce(
      json_extract_scalar(requestparameters, '$.bucketPolicy'),
      json_format(json_extract(requestparameters, '$.bucketPolicy'))
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
    OR eventname IN ('PutBucketAcl', 'PutObjectAcl')
    AND regexp_like(
      requestparameters,
      'groups/global/(AllUsers|AuthenticatedUsers)|"(public-read|public-read-write|authenticated-read)"'
    )
  )
  AND errorcode IS NULL
ORDER BY time DESC
