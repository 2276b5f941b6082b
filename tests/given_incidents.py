"""Incidents for each saved query, and events that are like them and harmless.

``EVENTS`` is of queries whose rows are events: what each must find, and what it must leave. ``ROWS``
is of those that count: the logs that it needs, and a row that it must give of them.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from baseline.query.catalogue import SavedQuery
from given_logs import ACCOUNT, REGION, an_event, given_a_flow_log, given_a_log

TODAY = datetime.now(UTC).date()
OTHER = "200000000002"
ROOT = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
SERVICE = {"type": "AWSService", "invokedBy": "backup.amazonaws.com"}
ODD = "203.0.113.66"
Event = dict[str, Any]


def day(ago: int = 0) -> str:
    """The day so many days ago."""
    return str(TODAY - timedelta(days=ago))


def user(name: str, key: str = "AKIAEXAMPLE", account: str = ACCOUNT) -> Event:
    """The identity of an IAM user."""
    arn = f"arn:aws:iam::{account}:user/{name}"
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper()}",
        "arn": arn,
        "accountId": account,
        "userName": name,
        "accessKeyId": key,
    }


def role(name: str, session: str = "s", **more: Any) -> Event:
    """The identity of an assumed role."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "userName": name}
    context = {"sessionIssuer": issuer}
    return {
        "type": "AssumedRole",
        "arn": arn,
        "accountId": ACCOUNT,
        "sessionContext": context,
    } | more


def e(
    source: str, name: str, request: Any = None, *, ago: int = 0, hour: int = 10, **more: Any
) -> Event:
    """An event of a service; ``ago`` is in days and says where it is delivered."""
    return {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "requestParameters": request,
        "eventTime": f"{day(ago)}T{hour:02}:00:00Z",
        "readOnly": name.startswith(("Get", "List", "Describe")),
        "_ago": ago,
    } | more


def login(identity: Event, *, success: bool = True, mfa: str = "Yes", **more: Any) -> Event:
    """A console login. One that fails has a message, no error code, and of an IAM user no ARN.

    ["AWS Management Console sign-in events", examples]
    """
    failure: Event = {} if success else {"errorMessage": "Failed authentication"}
    if not success and identity["type"] == "IAMUser":
        identity = {key: value for key, value in identity.items() if key != "arn"}
        identity["accessKeyId"] = ""
    return e(
        "signin",
        "ConsoleLogin",
        userIdentity=identity,
        responseElements={"ConsoleLogin": "Success" if success else "Failure"},
        additionalEventData={"MFAUsed": mfa},
        eventType="AwsConsoleSignIn",
        **failure,
        **more,
    )


def denied(event: Event, code: str = "AccessDenied") -> Event:
    """The same, refused."""
    return event | {"errorCode": code, "errorMessage": "not authorized"}


def policy(principal: Any = "*", action: str = "s3:GetObject", condition: Any = None) -> Event:
    """A resource's policy of one statement."""
    one = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {"Statement": [one | ({"Condition": condition} if condition else {})]}


def statement(**fields: Any) -> str:
    """A policy of IAM of one statement, as text."""
    one = {"Effect": "Allow", "Action": "*", "Resource": "*"} | fields
    return json.dumps({"Statement": [{key: value for key, value in one.items() if value}]})


def lifecycle(*rules: Any, **fields: Any) -> Event:
    """A call that sets the lifecycle of a bucket with logs; one rule is no list in CloudTrail."""
    rule = rules[0] if len(rules) == 1 else [*rules]
    request = {"bucketName": "acme-logs", "LifecycleConfiguration": {"Rule": rule}}
    return e("s3", "PutBucketLifecycle", request, **fields)


def rule(status: str = "Enabled", noncurrent: int | None = None, **expiration: Any) -> Event:
    """A rule of a lifecycle: when objects expire, and versions that are no longer current."""
    versions = {"NoncurrentVersionExpiration": {"NoncurrentDays": noncurrent}}
    return {"Expiration": expiration, "Status": status} | (versions if noncurrent else {})


# Principals that are everybody, and conditions that leave it so.
EVERYBODY: list[Any] = [
    {"AWS": "*"},
    {"AWS": ["*"]},
    {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "*"]},
    {"AWS": "*", "Service": "ec2.amazonaws.com"},
]
FIXING_NOTHING: list[Event] = [
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "::/0"]}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"NotIpAddress": {"aws:SourceIp": "198.51.100.7/32"}},
    {"StringNotEquals": {"aws:PrincipalAccount": OTHER}},
    {"StringNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:*"}, "Bool": {"aws:SecureTransport": "true"}},
    {"ArnNotEquals": {"aws:SourceArn": f"arn:aws:sns:{REGION}:{OTHER}:t"}},
    {"StringLike": {"aws:PrincipalArn": "*"}},
    {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/Admin"]}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1234567890"}},
    {"Bool": {"aws:PrincipalIsAWSService": "false"}},
]  # fmt: skip
FIXING: list[Event] = [
    {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "2001:db8::/32"]}, "StringNotEquals": {"aws:PrincipalAccount": OTHER}},
    {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"s3:prefix": "*", "aws:PrincipalOrgID": ["o-1234567890"]}},
    {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:website"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1234567890/*"]}},
    {"StringLike": {"aws:userid": "AROAEXAMPLE:*"}},
    {"Bool": {"aws:PrincipalIsAWSService": True}},
]  # fmt: skip
PUBLIC = [*map(policy, EVERYBODY), *(policy(condition=one) for one in FIXING_NOTHING)]
NOT_PUBLIC = [policy({"AWS": "*"}, condition=one) for one in FIXING]
ALL_DENIED = {"Effect": "Deny", "Action": "*", "Resource": "*"}
ONE_READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
WORLD = {"items": [{"ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "fromPort": 22}]}
OFFICE = {"items": [{"ipRanges": {"items": [{"cidrIp": "198.51.100.0/24"}]}, "fromPort": 22}]}
ADD_ALL = {"add": {"items": [{"group": "all"}]}}
TAKE_ALL = {"remove": {"items": [{"group": "all"}]}}
SSE_C = "x-amz-server-side-encryption-customer-algorithm"
KMS = "x-amz-server-side-encryption-aws-kms-key-id"


def key_of(account: str) -> str:
    """A KMS key of an account."""
    return f"arn:aws:kms:{REGION}:{account}:key/k"


def versioning(**settings: str) -> Event:
    """A call that sets a bucket's versioning."""
    return e("s3", "PutBucketVersioning", {"bucketName": "b", "VersioningConfiguration": settings})


def copied(account: str, *others: str) -> Event:
    """An object copied to the bucket ``b`` of an account, among buckets of others."""
    resources = [
        {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{name}", "accountId": owner}
        for name, owner in zip("bcd", (account, *others), strict=False)
    ]
    resources += [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k"}]
    return e("s3", "CopyObject", {"bucketName": "b", "key": "k"}, resources=resources)


# fmt: off
EVENTS: dict[str, tuple[list[Event], list[Event]]] = {
    # identity
    "RootLogin30Days": (
        # Not thirty: the day may change between the writing and the asking.
        [login(ROOT), login(ROOT, success=False), login(ROOT, ago=29)],
        [login(ROOT, ago=31), login(user("anna"))]),
    "RootActivity": (
        [login(ROOT), e("s3", "DeleteBucket", userIdentity=ROOT)],
        [login(ROOT, success=False), e("s3", "ListBuckets", userIdentity=ROOT),
         e("s3", "DeleteBucket", userIdentity=ROOT | {"invokedBy": "backup.amazonaws.com"}),
         e("support", "Rotate", userIdentity=ROOT, eventType="AwsServiceEvent")]),
    "RootLoginFailed": ([login(ROOT, success=False)], [login(ROOT), login(user("a"), success=False)]),
    "RootCredentialChanged": (
        [e("signin", "PasswordUpdated", userIdentity=ROOT, responseElements={"PasswordUpdated": "Success"}),
         e("iam", "CreateAccessKey", userIdentity=ROOT)],
        [e("signin", "PasswordUpdated", userIdentity=ROOT, responseElements={"PasswordUpdated": "Failure"}),
         e("iam", "CreateAccessKey", {"userName": "anna"}, userIdentity=ROOT),
         e("signin", "PasswordUpdated", userIdentity=user("anna"))]),
    "ConsoleLoginWithoutMfa": (
        [login(user("anna"), mfa="No"), login(ROOT, mfa="No")],
        [login(user("anna")), login(user("anna"), mfa="No", success=False), login(role("r"), mfa="No")]),
    "AccessKeysCreated": (
        [e("iam", "CreateAccessKey", responseElements={"accessKey": {"userName": "anna"}})],
        [denied(e("iam", "CreateAccessKey"))]),
    "AccessKeyForOtherUser": (
        [e("iam", "CreateAccessKey", {"userName": "mallory"}, userIdentity=user("anna"))],
        [e("iam", "CreateAccessKey", {"userName": "anna"}, userIdentity=user("anna")),
         e("iam", "CreateAccessKey", userIdentity=user("anna"))]),
    "PoliciesAttached": (
        [e("iam", "AttachUserPolicy", {"userName": "a"}), denied(e("iam", "PutRolePolicy", {"roleName": "r"}))],
        [e("iam", "ListPolicies")]),
    "AdminGranted": (
        [e("iam", "AttachUserPolicy", {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
         e("iam", "PutUserPolicy", {"policyDocument": statement()}),
         e("iam", "PutUserPolicy", {"policyDocument": statement(Action="IAM:*")}),
         e("iam", "CreatePolicy", {"policyDocument": statement(Action=["s3:*", "*"])}),
         e("iam", "CreatePolicy", {"policyDocument": statement(Resource=["arn:aws:s3:::b", "*"])}),
         e("iam", "CreatePolicy", {"policyDocument": statement(Action=None, NotAction="s3:*")}),
         e("iam", "CreatePolicy", {"policyDocument": statement(Resource=None, NotResource="arn:aws:s3:::b")}),
         e("iam", "CreatePolicy", {"policyDocument": json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, indent=1)})],
        [e("iam", "AttachRolePolicy", {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
         e("iam", "PutRolePolicy", {"policyDocument": statement(Action=["s3:*", "ec2:*"])}),
         e("iam", "PutRolePolicy", {"policyDocument": statement(Resource="arn:aws:s3:::b/*")}),
         e("iam", "PutRolePolicy", {"policyDocument": json.dumps({"Statement": [ALL_DENIED]})}),
         e("iam", "PutRolePolicy", {"policyDocument": json.dumps({"Statement": [ALL_DENIED, ONE_READ]})}),
         e("iam", "PutRolePolicy", {"policyDocument": statement(Effect="Deny", Action=None, NotAction="iam:*")}),
         e("iam", "PutRolePolicy", {"policyDocument": "not json"}),
         denied(e("iam", "AttachUserPolicy", {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}))]),
    "UserCreated": ([e("iam", "CreateUser", {"userName": "x"})], [denied(e("iam", "CreateUser"))]),
    "LoginProfileForOtherUser": (
        [e("iam", "UpdateLoginProfile", {"userName": "bob"}, userIdentity=user("anna"))],
        [e("iam", "UpdateLoginProfile", {"userName": "anna"}, userIdentity=user("anna"))]),
    "RolesCreated": ([e("iam", "CreateRole", {"roleName": "r"})], [e("iam", "GetRole")]),
    "RoleOpenedToEverybody": (
        [e("iam", "UpdateAssumeRolePolicy", {"policyDocument": json.dumps(policy(), indent=1)}),
         *(e("iam", "CreateRole", {"assumeRolePolicyDocument": json.dumps(one)}) for one in PUBLIC)],
        [*(e("iam", "UpdateAssumeRolePolicy", {"policyDocument": json.dumps(one, indent=1)}) for one in NOT_PUBLIC),
         e("iam", "CreateRole", {"assumeRolePolicyDocument": json.dumps(policy({"Service": "ec2"}))}),
         e("iam", "UpdateAssumeRolePolicy", {})]),
    "RolesTrustOthers": (
        [e("iam", "CreateRole", {"assumeRolePolicyDocument": json.dumps(policy({"AWS": OTHER}))})],
        [e("iam", "CreateRole", {"assumeRolePolicyDocument": json.dumps(policy({"AWS": ACCOUNT}))})]),
    "MfaDeactivated": (
        [e("iam", "DeactivateMFADevice", {"userName": "a"})], [e("iam", "EnableMFADevice", {"userName": "a"})]),
    "PasswordPolicyWeakened": (
        [e("iam", "DeleteAccountPasswordPolicy"),
         e("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 8, "passwordReusePrevention": 24}),
         e("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 20})],
        [e("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 14, "passwordReusePrevention": 24})]),
    "IdentityProviderChanged": (
        [e("iam", "CreateSAMLProvider", {"name": "idp"})],
        [e("iam", "CreateSAMLProvider", userIdentity=role("r", invokedBy="sso.amazonaws.com")),
         e("iam", "ListSAMLProviders")]),
    "IdentityCenterChanges": (
        [e("sso", "CreateAccountAssignment", {"targetId": OTHER})], [e("sso", "ListInstances")]),
    "SessionTokenForUser": (
        [e("sts", "GetSessionToken", userIdentity=user("anna"))],
        [e("sts", "GetSessionToken", userIdentity=role("r")),
         denied(e("sts", "GetFederationToken", userIdentity=user("anna")))]),
    "KeyQuarantined": (
        [e("iam", "AttachUserPolicy", {"userName": "a", "policyArn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"})],
        [e("iam", "AttachUserPolicy", {"userName": "a", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})]),
    "PrincipalActivity": (
        [e("ec2", "RunInstances", userIdentity=user("alice")), login(user("alice"), success=False)],
        [login(user("bob"), success=False), e("ec2", "RunInstances", userIdentity=user("bob"))]),
    "AddressTimeline": (
        [e("s3", "ListBuckets", userIdentity=user("anna"), sourceIPAddress=ODD), denied(e("iam", "ListUsers", sourceIPAddress=ODD))],
        [e("s3", "ListBuckets", userIdentity=user("anna"), sourceIPAddress="198.51.100.7")]),
    "IamChanged": (
        [e("iam", "TagRole", {"roleName": "r"})],
        [e("iam", "GetRole"), e("iam", "CreateRole", userIdentity=SERVICE), denied(e("iam", "CreateRole"))]),
    # defence evasion
    "TrailStopped": (
        [e("cloudtrail", "StopLogging", {"name": "t"}), e("cloudtrail", "DeleteTrail", {"name": "t"})],
        [e("cloudtrail", "StartLogging", {"name": "t"}), denied(e("cloudtrail", "StopLogging"))]),
    "TrailNarrowed": (
        [e("cloudtrail", "PutEventSelectors", {"eventSelectors": [{"readWriteType": "WriteOnly"}]}),
         e("cloudtrail", "PutEventSelectors", {"eventSelectors": [{"includeManagementEvents": False}]}),
         e("cloudtrail", "UpdateTrail", {"name": "t", "isMultiRegionTrail": False})],
        [e("cloudtrail", "PutEventSelectors", {"eventSelectors": [
            {"readWriteType": "All", "includeManagementEvents": True, "excludeManagementEventSources": []}]}),
         e("cloudtrail", "UpdateTrail", {"name": "t", "isMultiRegionTrail": True})]),
    "TrailChanges": (
        [e("cloudtrail", "CreateTrail", {"name": "t"}), denied(e("cloudtrail", "StopLogging"))],
        [e("cloudtrail", "DescribeTrails")]),
    "GuardDutyDisabled": (
        [e("guardduty", "DeleteDetector", {"detectorId": "d"}), e("guardduty", "UpdateDetector", {"enable": False})],
        [e("guardduty", "UpdateDetector", {"enable": True}), denied(e("guardduty", "DeleteDetector"))]),
    "GuardDutyBlinded": (
        [e("guardduty", "CreateFilter", {"name": "f", "action": "ARCHIVE"}), e("guardduty", "CreateIPSet", {"name": "i"}),
         e("guardduty", "UpdateDetector", {"features": [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]})],
        [e("guardduty", "CreateFilter", {"name": "f", "action": "NOOP"})]),
    "ConfigStopped": (
        [e("config", "StopConfigurationRecorder", {"configurationRecorderName": "r"})],
        [e("config", "StartConfigurationRecorder", {"configurationRecorderName": "r"})]),
    "FlowLogsDeleted": (
        [e("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}),
         e("route53resolver", "DeleteResolverQueryLogConfig", {"resolverQueryLogConfigId": "q"})],
        [e("ec2", "CreateFlowLogs")]),
    "LogGroupDeleted": (
        [e("logs", "DeleteLogGroup", {"logGroupName": "g"}), e("monitoring", "DeleteAlarms", {"alarmNames": ["a"]})],
        [e("logs", "CreateLogGroup"),
         e("logs", "DeleteLogStream", userIdentity=role("r", invokedBy="lambda.amazonaws.com"))]),
    "LogBucketChanged": (
        [e("s3", "PutBucketPolicy", {"bucketName": "acme-cloudtrail"}),
         lifecycle(rule(Days=1)), lifecycle(rule(Days=3650), rule(Days=1)), lifecycle(rule("Disabled", Days=1), rule(Days="1")),
         lifecycle(rule(Date="2020-01-01T00:00:00Z")), lifecycle(rule(noncurrent=365)), lifecycle(rule(noncurrent=1, Days=365)),
         lifecycle(rule(Days=1), eventName="PutBucketLifecycleConfiguration"),
         e("s3", "PutBucketLifecycle", {"bucketName": "acme-logs"}),
         e("s3", "PutBucketReplication", {"bucketName": "acme-logs", "ReplicationConfiguration": {"Rule": {"Status": "Disabled"}}})],
        [e("s3", "PutBucketPolicy", {"bucketName": "website"}),
         lifecycle(rule(Days=730)), lifecycle(rule("Disabled", Days=1)), lifecycle(rule(noncurrent=90, Days=90)),
         lifecycle(rule(Days=730), rule("Disabled", Days=1), rule(Days="365"))]),
    "BucketLoggingDisabled": (
        [e("s3", "PutBucketLogging", {"bucketName": "b", "BucketLoggingStatus": {"xmlns": "x"}})],
        [e("s3", "PutBucketLogging", {"bucketName": "b", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "t"}}})]),
    "BucketProtectionRemoved": (
        [versioning(Status="Suspended"), versioning(Status="Enabled", MfaDelete="Disabled"),
         e("s3", "DeleteBucketReplication", {"bucketName": "b"})],
        [versioning(Status="Enabled"), e("s3", "PutBucketReplication", {"bucketName": "b"})]),
    "KmsKeyDisabled": (
        [e("kms", "ScheduleKeyDeletion", {"keyId": "k", "pendingWindowInDays": 7})], [e("kms", "EnableKey")]),
    "SecurityServiceDisabled": (
        [e("securityhub", "DisableSecurityHub"), e("access-analyzer", "DeleteAnalyzer"), e("inspector2", "Disable")],
        [e("securityhub", "EnableSecurityHub"), e("other", "Disable")]),
    "OrganizationLeft": (
        [e("organizations", "LeaveOrganization"), e("organizations", "RemoveAccountFromOrganization", {"accountId": OTHER})],
        [e("organizations", "MoveAccount")]),
    "GuardrailRemoved": (
        [e("organizations", "DetachPolicy", {"policyId": "p"})], [e("organizations", "AttachPolicy", {"policyId": "p"})]),
    "RegionEnabled": (
        [e("account", "EnableRegion", {"RegionName": "me-south-1"})], [e("account", "DisableRegion")]),
    "WafRemoved": ([e("wafv2", "DisassociateWebACL", {"resourceArn": "r"})], [e("wafv2", "AssociateWebACL")]),
    "BedrockGuardsRemoved": (
        [e("bedrock", "DeleteGuardrail", {"guardrailIdentifier": "g"})], [e("bedrock", "CreateGuardrail")]),
    "EbsEncryptionOff": ([e("ec2", "DisableEbsEncryptionByDefault")], [e("ec2", "EnableEbsEncryptionByDefault")]),
    "TamperingRefused": (
        [denied(e("cloudtrail", "StopLogging")), denied(e("ec2", "DeleteFlowLogs"), "Client.UnauthorizedOperation")],
        [denied(e("cloudtrail", "StopLogging"), "TrailNotFoundException"), denied(e("s3", "GetObject"))]),
    # exfiltration
    "BucketMadePublic": (
        [e("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": policy()}),
         *(e("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": one}) for one in PUBLIC),
         e("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["public-read"]})],
        [*(e("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": one}) for one in NOT_PUBLIC),
         e("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": policy({"AWS": ACCOUNT})}),
         e("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": "not json"}),
         e("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["private"]})]),
    "PublicAccessBlockRemoved": (
        [e("s3", "DeleteBucketPublicAccessBlock", {"bucketName": "b"}),
         e("s3", "PutBucketPublicAccessBlock", {"bucketName": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": False}})],
        [e("s3", "PutBucketPublicAccessBlock", {"bucketName": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}})]),
    "ResourceMadePublic": (
        [e("kms", "PutKeyPolicy", {"keyId": "k", "policy": json.dumps(policy())}),
         *(e("sqs", "SetQueueAttributes", {"attributes": {"Policy": json.dumps(one)}}) for one in PUBLIC),
         e("ecr", "SetRepositoryPolicy", {"policyText": json.dumps(policy()), "repositoryName": "r"})],
        [e("kms", "PutKeyPolicy", {"keyId": "k", "policy": json.dumps(policy({"AWS": ACCOUNT}))}),
         e("sqs", "SetQueueAttributes", {"attributes": {"Policy": ""}}),
         *(e("secretsmanager", "PutResourcePolicy", {"resourcePolicy": json.dumps(one)}) for one in NOT_PUBLIC)]),
    "SnapshotShared": (
        [e("ec2", "ModifySnapshotAttribute", {"snapshotId": "s", "createVolumePermission": ADD_ALL})],
        [e("ec2", "ModifySnapshotAttribute", {"snapshotId": "s", "createVolumePermission": TAKE_ALL})]),
    "ImageShared": (
        [e("ec2", "ModifyImageAttribute", {"imageId": "i", "launchPermission": ADD_ALL})],
        [e("ec2", "ModifyImageAttribute", {"imageId": "i", "launchPermission": TAKE_ALL})]),
    "DatabaseSnapshotShared": (
        [e("rds", "ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToAdd": ["all"], "dBSnapshotIdentifier": "d"})],
        [e("rds", "ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToRemove": ["all"]})]),
    "DatabaseExported": (
        [e("rds", "StartExportTask", {"sourceArn": "a"}),
         e("rds", "CopyDBSnapshot", {"sourceDBSnapshotIdentifier": f"arn:aws:rds:us-west-2:{ACCOUNT}:snapshot:s"})],
        [e("rds", "CopyDBSnapshot", {"sourceDBSnapshotIdentifier": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:s"}),
         e("rds", "CopyDBSnapshot", {"sourceDBSnapshotIdentifier": "s"})]),
    "DatabaseSnapshotMade": (
        [e("rds", "CreateDBSnapshot", {"dBInstanceIdentifier": "d"})],
        [e("rds", "CreateDBSnapshot", userIdentity=SERVICE),
         e("rds", "CreateDBSnapshot", userIdentity=role("r", invokedBy="backup.amazonaws.com"))]),
    "ImagesExported": ([e("ec2", "CreateImage", {"instanceId": "i"})], [e("ec2", "DescribeImages")]),
    "SecretsReadInBatch": (
        [e("secretsmanager", "BatchGetSecretValue")], [e("secretsmanager", "GetSecretValue", {"secretId": "s"})]),
    "S3CopiedToOtherAccount": (
        [copied(OTHER), copied(OTHER, ACCOUNT), copied(ACCOUNT, OTHER), copied(OTHER, "300000000003")],
        [copied(ACCOUNT), copied(ACCOUNT, ACCOUNT), copied(OTHER, OTHER)]),
    "S3EncryptedWithForeignKey": (
        [e("s3", "CopyObject", {"bucketName": "b", SSE_C: "AES256"}),
         e("s3", "PutObject", {"bucketName": "b", KMS: key_of(OTHER)})],
        [e("s3", "PutObject", {"bucketName": "b", KMS: key_of(ACCOUNT)}), e("s3", "PutObject", {"bucketName": "b"})]),
    "TrafficMirrored": ([e("ec2", "CreateTrafficMirrorSession")], [e("ec2", "DescribeTrafficMirrorTargets")]),
    "BuildMadePublic": (
        [e("codebuild", "UpdateProjectVisibility", {"projectVisibility": "PUBLIC_READ"})],
        [e("codebuild", "UpdateProjectVisibility", {"projectVisibility": "PRIVATE"})]),
    "DatabaseMadePublic": (
        [e("rds", "ModifyDBInstance", {"publiclyAccessible": True})],
        [e("rds", "ModifyDBInstance", {"publiclyAccessible": False})]),
    # persistence
    "LambdaOpened": (
        [e("lambda", "CreateFunctionUrlConfig", {"functionName": "f", "authType": "NONE"}),
         e("lambda", "AddPermission20150331v2", {"functionName": "f", "principal": "*"})],
        [e("lambda", "CreateFunctionUrlConfig", {"functionName": "f", "authType": "AWS_IAM"}),
         e("lambda", "AddPermission20150331v2", {"functionName": "f", "principal": "s3.amazonaws.com"})]),
    "LambdaPermissionAdded": (
        [e("lambda", "AddPermission20150331v2", {"functionName": "f"})], [e("lambda", "RemovePermission20150331v2")]),
    "LambdaCodeChanged": (
        [e("lambda", "UpdateFunctionCode20150331v2", {"functionName": "f"})], [e("lambda", "Invoke")]),
    "UserDataChanged": (
        [e("ec2", "ModifyInstanceAttribute", {"instanceId": "i", "userData": "<sensitiveDataRemoved>"})],
        [e("ec2", "ModifyInstanceAttribute", {"instanceId": "i", "ebsOptimized": True})]),
    "SecurityGroupOpened": (
        [e("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg", "ipPermissions": WORLD})],
        [e("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg", "ipPermissions": OFFICE}),
         e("ec2", "AuthorizeSecurityGroupEgress", {"groupId": "sg", "ipPermissions": WORLD})]),
    "NetworkAclOpened": (
        [e("ec2", "CreateNetworkAclEntry", {"ruleAction": "allow", "egress": False, "cidrBlock": "0.0.0.0/0"})],
        [e("ec2", "CreateNetworkAclEntry", {"ruleAction": "deny", "egress": False, "cidrBlock": "0.0.0.0/0"}),
         e("ec2", "CreateNetworkAclEntry", {"ruleAction": "allow", "egress": True, "cidrBlock": "0.0.0.0/0"})]),
    "NetworkChanged": (
        [e("ec2", "CreateVpc"), e("ec2", "AttachInternetGateway"), e("ec2", "CreateRoute")],
        [e("ec2", "DescribeVpcs"), e("ec2", "RunInstances")]),
    "RemoteCommands": ([e("ssm", "StartSession", {"target": "i-1"})], [e("ssm", "GetParameter")]),
    "CommandSentToMany": (
        [e("ssm", "SendCommand", {"documentName": "AWS-RunShellScript", "instanceIds": ["a", "b", "c"]})],
        [e("ssm", "SendCommand", {"documentName": "AWS-RunShellScript", "instanceIds": ["a"]})]),
    # impact
    "MiningInstances": (
        [e("ec2", "RunInstances", {"instanceType": "p4d.24xlarge"}),
         e("ec2", "RunInstances", {"instanceType": "t3.micro", "instancesSet": {"items": [{"maxCount": 50}]}})],
        [e("ec2", "RunInstances", {"instanceType": "t3.micro", "instancesSet": {"items": [{"maxCount": 1}]}}),
         e("ec2", "RunInstances", {"instanceType": "p4d.24xlarge"}, userIdentity=role("r", invokedBy="autoscaling.amazonaws.com")),
         denied(e("ec2", "RunInstances", {"instanceType": "p4d.24xlarge"}), "Client.DryRunOperation")]),
    "DatabaseDeleted": ([e("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "d"})], [denied(e("rds", "DeleteDBInstance"))]),
    "DatabaseDisrupted": ([e("rds", "RebootDBInstance", {"dBInstanceIdentifier": "d"})], [e("rds", "StartDBInstance")]),
    "BucketDeleted": ([e("s3", "DeleteBucket", {"bucketName": "b"})], [e("s3", "DeleteObject", {"bucketName": "b"})]),
    "ObjectsDeletedInBatch": ([e("s3", "DeleteObjects", {"bucketName": "b"})], [e("s3", "DeleteObject")]),
    # discovery
    "EndpointDenied": ([denied(e("s3", "GetObject"), "VpceAccessDenied")], [denied(e("s3", "GetObject"))]),
    "SharedSnapshotsSearched": (
        [e("rds", "DescribeDBSnapshots", {"includePublic": True})], [e("rds", "DescribeDBSnapshots", {"maxRecords": 20})]),
    "MailProbed": ([e("ses", "GetSendQuota")], [e("ses", "SendEmail")]),
}
# fmt: on


@dataclass(frozen=True)
class Counted:
    """What a counting query needs, and what it must say of it; ``values`` are its parameters."""

    row: dict[str, Any]
    events: list[Event] = field(default_factory=list)
    flows: list[tuple[int, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    not_row: dict[str, Any] = field(default_factory=dict)


# What a query that has to be told whom to look for finds among the incidents.
_SOUGHT = {"key": "AKIALEAKED", "address": ODD, "principal": "user/alice"}


def needed(saved: SavedQuery) -> dict[str, str]:
    """A value for each parameter without a default."""
    return {p.name: _SOUGHT[p.name] for p in saved.parameters if p.default is None}


def many(count: int, make: Any) -> list[Event]:
    """``count`` events, made with their number."""
    return [make(number) for number in range(count)]


def flow(
    source: str, target: str, port: int, *, ago: int = 0, action: str = "ACCEPT", size: int = 1000,
    packets: int = 20, hour: int = 10, status: str = "OK",
) -> tuple[int, str]:  # fmt: skip
    """A flow record of version 2 and how many days ago it was."""
    start = int(datetime.fromisoformat(f"{day(ago)}T{hour:02}:00:00Z").timestamp())
    record = (
        f"2 {ACCOUNT} eni-1 {source} {target} 40000 {port} 6 {packets} {size} {start} {start + 60}"
        f" {action} {status}"
    )
    return ago, record


def named(principal: str) -> str:
    """The ARN of a user."""
    return str(user(principal)["arn"])


# fmt: off
ROWS: dict[str, Counted] = {
    # identity
    "FailedConsoleLogins": Counted(
        {"username": "guessed", "failures": 3, "successes": 1},
        [*many(3, lambda _: login(user("guessed"), success=False)), login(user("guessed"))],
        not_row={"username": "fine"}),
    "PasswordSpraying": Counted(
        {"sourceip": "203.0.113.1", "principal": "s0, s1, s2, s3, s4", "detail": "5 users, 5 failures"},
        [*many(5, lambda n: login(user(f"s{n}"), success=False, sourceIPAddress="203.0.113.1",
                                  _region=REGION if n % 2 else "us-east-2", eventTime=f"{day()}T10:00:0{n}Z")),
         *many(5, lambda _: login(user("s0"), success=False, sourceIPAddress="203.0.113.2"))],
        not_row={"sourceip": "203.0.113.2"}),
    "LoginAfterFailures": Counted(
        {"resource": "cracked", "principal": named("cracked"), "region": "us-east-2", "detail": "5 failures before",
         "time": f"{day()}T11:00:00Z"},
        [*many(5, lambda _: login(user("cracked"), success=False)), login(user("cracked"), hour=9),
         login(user("cracked"), hour=11, _region="us-east-2"), login(user("cracked"), success=False, hour=12),
         login(user("typist"), success=False), login(user("typist"), hour=11),
         *many(5, lambda _: login(user("typist"), success=False, hour=12))],
        not_row={"resource": "typist"}),
    "ConsoleLoginsByAddress": Counted(
        {"principal": named("traveller"), "sourceip": ODD, "logins": 2, "mfaused": "Yes"},
        many(2, lambda _: login(user("traveller"), sourceIPAddress=ODD))),
    "AccessKeyUse": Counted(
        {"eventname": "ListBuckets", "calls": 2, "errors": 1, "sourceip": ODD},
        [e("s3", "ListBuckets", userIdentity=user("k", "AKIALEAKED"), sourceIPAddress=ODD),
         denied(e("s3", "ListBuckets", userIdentity=user("k", "AKIALEAKED"), sourceIPAddress=ODD))],
        values={"key": "AKIALEAKED"}, not_row={"eventname": "DescribeInstances"}),
    "AccessKeyFromNewAddress": Counted(
        {"accesskeyid": "AKIAMOVED", "sourceip": ODD, "calls": 1},
        [e("s3", "ListBuckets", userIdentity=user("m", "AKIAMOVED"), ago=20),
         e("s3", "ListBuckets", userIdentity=user("m", "AKIAMOVED"), sourceIPAddress=ODD),
         e("s3", "ListBuckets", userIdentity=user("f", "AKIAFRESH"), sourceIPAddress=ODD)],
        not_row={"accesskeyid": "AKIAFRESH"}),
    "SessionsFromNewAddress": Counted(
        {"role": f"arn:aws:iam::{ACCOUNT}:role/moved", "sourceip": ODD, "sessions": 1},
        [e("sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/moved"}, ago=20),
         e("sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/moved"}, sourceIPAddress=ODD)],
        not_row={"sourceip": "198.51.100.7"}),
    "AdminRolesAssumed": Counted(
        {"role": f"arn:aws:iam::{ACCOUNT}:role/Admin", "attempts": 2, "refused": 1},
        [e("sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/Admin"}, userIdentity=user("boss")),
         denied(e("sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/Admin"}, userIdentity=user("boss")))],
        not_row={"role": f"arn:aws:iam::{ACCOUNT}:role/moved"}),
    "CrossAccountRoles": Counted(
        {"fromaccount": OTHER, "toaccount": ACCOUNT, "sessions": 1},
        [e("sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/x"}, userIdentity=user("far", account=OTHER))],
        not_row={"fromaccount": ACCOUNT}),
    "PrincipalsFirstSeen": Counted(
        {"principal": named("newcomer"), "firstevent": "ListUsers", "calls": 2},
        [e("iam", "ListUsers", userIdentity=user("newcomer")),
         e("iam", "ListRoles", userIdentity=user("newcomer"), hour=11),
         e("iam", "ListUsers", userIdentity=user("veteran"), ago=20), e("iam", "ListUsers", userIdentity=user("veteran")),
         login(user("veteran"), success=False)],
        not_row={"principal": named("veteran")}),
    "AddressActivity": Counted(
        {"principal": named("guest"), "event": "ListBuckets", "calls": 1},
        [e("s3", "ListBuckets", userIdentity=user("guest"), sourceIPAddress="203.0.113.9"),
         login(user("guest"), success=False, sourceIPAddress="203.0.113.9")],
        values={"address": "203.0.113.9"}, not_row={"principal": named("anna")}),
    # exfiltration
    "S3MassDownload": Counted(
        {"resource": "payroll", "objects": 119, "reads": 120, "bytes": 1200.0, "detail": "119 objects"},
        [*many(120, lambda n: e("s3", "GetObject", {"bucketName": "payroll", "key": f"file-{n or 1}"},
                                additionalEventData={"bytesTransferredOut": 10}, userIdentity=user("taker"))),
         *many(120, lambda _: e("s3", "GetObject", {"bucketName": "poster", "key": "one"}, userIdentity=user("viewer")))],
        not_row={"resource": "poster"}),
    "S3ReadsByPrincipal": Counted(
        {"bucket": "website", "reads": 2, "refused": 1, "objects": 1, "bytes": 7.0},
        [e("s3", "GetObject", {"bucketName": "website", "key": "a"}, additionalEventData={"bytesTransferredOut": 7}),
         denied(e("s3", "GetObject", {"bucketName": "website", "key": "a"}))]),
    "SecretsReadEnMasse": Counted(
        {"principal": named("reader"), "detail": "10 secrets", "reads": 10},
        [*many(10, lambda n: e("secretsmanager", "GetSecretValue", {"secretId": f"s{n}"}, userIdentity=user("reader"))),
         *many(20, lambda _: e("secretsmanager", "GetSecretValue", {"secretId": "own"}, userIdentity=role("app")))],
        not_row={"principal": role("app")["arn"]}),
    "ParametersRead": Counted(
        {"parameter": "/db/password", "decrypted": "true", "reads": 2},
        many(2, lambda _: e("ssm", "GetParameter", {"name": "/db/password", "withDecryption": True}))),
    # impact
    "InstancesInUnusedRegions": Counted(
        {"region": "sa-east-1", "started": 1, "types": "m5.large"},
        [e("ec2", "RunInstances", {"instanceType": "m5.large"}, _region="sa-east-1"),
         e("ec2", "RunInstances", {"instanceType": "m5.large"}, _region="us-east-1", ago=20),
         e("ec2", "RunInstances", {"instanceType": "m5.large"}, _region="us-east-1")],
        not_row={"region": "us-east-1"}),
    "MassDeletion": Counted(
        {"principal": named("wrecker"), "deletions": 50, "event": "DeleteSnapshot, DeleteVolume"},
        [*many(25, lambda _: e("ec2", "DeleteVolume", userIdentity=user("wrecker"))),
         *many(25, lambda _: e("ec2", "DeleteSnapshot", userIdentity=user("wrecker")))],
        not_row={"principal": named("anna")}),
    "ResourcesDeleted": Counted(
        {"principal": named("tidy"), "event": "TerminateInstances", "deleted": 1, "refused": 1},
        [e("ec2", "TerminateInstances", userIdentity=user("tidy")),
         denied(e("ec2", "TerminateInstances", userIdentity=user("tidy")))]),
    # discovery
    "ErrorsByPrincipal": Counted(
        {"principal": named("knocker"), "errorcode": "AccessDenied", "errors": 12, "calls": 12},
        many(12, lambda n: denied(e("iam", f"GetThing{n}", userIdentity=user("knocker"))))),
    "ErrorSpikes": Counted(
        {"hour": f"{day(3)}T05:00:00Z", "errors": 200, "codes": "Oops"},
        many(200, lambda _: denied(e("ec2", "RunInstances", ago=3, hour=5), "Oops")),
        not_row={"hour": f"{day()}T10:00:00Z"}),
    "AccessDenied": Counted(
        {"principal": named("knocker"), "event": "GetThing1", "denials": 1, "lastmessage": "not authorized"}),
    "ManyDenials": Counted(
        {"principal": named("knocker"), "detail": "12 different calls denied", "denials": 12},
        many(12, lambda _: denied(e("iam", "GetUser", userIdentity=user("broken")))),
        not_row={"principal": named("broken")}),
    "Enumeration": Counted(
        {"principal": named("scanner"), "kinds": 20, "calls": 20},
        many(20, lambda n: e("iam", f"ListThing{n}", userIdentity=user("scanner"))),
        not_row={"principal": named("anna")}),
    "WhoAmI": Counted(
        {"principal": named("fresh"), "sourceip": ODD, "calls": 1},
        [e("sts", "GetCallerIdentity", userIdentity=user("fresh"), sourceIPAddress=ODD)]),
    "OrganizationExplored": Counted(
        {"principal": named("explorer"), "calls": "DescribeOrganization, ListAccounts", "times": 2},
        [e("organizations", "ListAccounts", userIdentity=user("explorer")),
         e("organizations", "DescribeOrganization", userIdentity=user("explorer"))]),
    # network
    "FlowsOfAddress": Counted(
        {"srcaddr": "10.0.0.5", "dstaddr": ODD, "dstport": 443, "bytes": 3000, "flows": 2},
        flows=[flow("10.0.0.5", ODD, 443), flow("10.0.0.5", ODD, 443, size=2000)],
        not_row={"dstaddr": "10.0.0.9"}),
    "TopTalkers": Counted(
        {"srcaddr": "10.0.0.6", "dstaddr": "10.0.0.9", "bytes": 5_000_000_000},
        flows=[flow("10.0.0.6", "10.0.0.9", 5432, size=5_000_000_000)]),
    "RejectedBySource": Counted(
        {"srcaddr": "203.0.113.20", "internal": False, "flows": 2, "ports": 2},
        flows=[flow("203.0.113.20", "10.0.0.5", 23, action="REJECT"), flow("203.0.113.20", "10.0.0.5", 25, action="REJECT")],
        not_row={"srcaddr": "10.0.0.6"}),
    "RejectedByPort": Counted(
        {"dstport": 2323, "flows": 2, "sources": 2},
        flows=[flow("203.0.113.21", "10.0.0.5", 2323, action="REJECT"), flow("203.0.113.22", "10.0.0.5", 2323, action="REJECT")],
        not_row={"dstport": 5432}),
    "NewDestinations": Counted(
        {"dstaddr": "192.0.2.77", "sources": 1, "onesource": "10.0.0.5"},
        flows=[flow("10.0.0.5", "192.0.2.77", 443), flow("10.0.0.5", "192.0.2.78", 443),
               flow("10.0.0.5", "192.0.2.78", 443, ago=10)],
        not_row={"dstaddr": "192.0.2.78"}),
    "PortScans": Counted(
        {"srcaddr": "10.0.0.66", "dstaddr": "10.0.0.5", "ports": 12, "openports": 1, "internal": True},
        flows=[*(flow("10.0.0.66", "10.0.0.5", port, action="REJECT") for port in range(100, 111)),
               flow("10.0.0.66", "10.0.0.5", 8080)],
        not_row={"srcaddr": "10.0.0.6"}),
    "HostScans": Counted(
        {"srcaddr": "10.0.0.67", "dstport": 445, "targets": 20, "reached": 20},
        flows=[flow("10.0.0.67", f"10.0.1.{n}", 445) for n in range(20)],
        not_row={"srcaddr": "10.0.0.66"}),
    "DataOut": Counted(
        {"srcaddr": "10.0.0.7", "dstaddr": "192.0.2.80", "bytes": 200_000_000, "date": day()},
        flows=[flow("10.0.0.7", "192.0.2.80", 443, size=100_000_000), flow("10.0.0.7", "192.0.2.80", 443, size=100_000_000)],
        not_row={"srcaddr": "10.0.0.6"}),
    "AdminPortFromInternet": Counted(
        {"sourceip": "203.0.113.30", "event": "port 22", "resource": "10.0.0.8", "bytes": 1000},
        flows=[flow("203.0.113.30", "10.0.0.8", 22), flow("203.0.113.31", "10.0.0.8", 22, packets=2),
               flow("203.0.113.32", "10.0.0.8", 22, action="REJECT"), flow("203.0.113.33", "10.0.0.8", 443)],
        not_row={"sourceip": "203.0.113.31"}),
    "ServicesReached": Counted(
        {"dstaddr": "10.0.0.8", "dstport": 22, "outsideflows": 2, "sources": 2}, not_row={"dstaddr": ODD}),
    "DnsOutside": Counted(
        {"srcaddr": "10.0.0.9", "dstaddr": "192.0.2.53", "flows": 1},
        flows=[flow("10.0.0.9", "192.0.2.53", 53), flow("10.0.0.9", "10.0.0.2", 53)], not_row={"dstaddr": "10.0.0.2"}),
    "Beacons": Counted(
        {"srcaddr": "10.0.0.10", "dstaddr": "192.0.2.90", "flows": 12, "hours": 12, "averagebytes": 300.0},
        flows=[flow("10.0.0.10", "192.0.2.90", 443, size=300, hour=hour) for hour in range(12)],
        not_row={"srcaddr": "10.0.0.5"}),
    "FlowLogsSkipped": Counted(
        {"event": "SKIPDATA", "resource": "eni-1", "detail": "1 intervals"},
        flows=[(0, flow("-", "-", 0, status="SKIPDATA")[1].replace("- - 40000 0 6 20 1000", "- - - - - - -").replace("ACCEPT", "-"))]),
    # noise
    "NoisiestPrincipals": Counted({"principal": named("taker"), "calls": 120, "kinds": 1}),
    "NoisiestEvents": Counted({"event": "DeleteVolume", "category": "Management", "readonly": "false", "calls": 25, "accounts": 1}),
    "EventsByDay": Counted({"date": day(3), "account": ACCOUNT, "region": REGION, "events": 200, "errors": 200, "kinds": 1}),
    "Throttling": Counted(
        {"event": "DescribeInstances", "errorcode": "Client.RequestLimitExceeded", "times": 1},
        [denied(e("ec2", "DescribeInstances"), "Client.RequestLimitExceeded")], not_row={"errorcode": "AccessDenied"}),
    "DataEventsByResource": Counted(
        {"resource": "orders", "events": 2, "reads": 1},
        [e("dynamodb", "GetItem", {"tableName": "orders"}, eventCategory="Data"),
         e("dynamodb", "PutItem", {"tableName": "orders"}, eventCategory="Data")],
        not_row={"resource": "payroll"}),
    "UserAgents": Counted({"useragent": "odd/1.0", "calls": 1}, [e("s3", "ListBuckets", userAgent="odd/1.0")]),
    "ServicesUsed": Counted({"eventsource": "dynamodb.amazonaws.com", "reads": 1, "writes": 1}),
    # partitions
    "Partitions": Counted({"account": ACCOUNT, "region": "us-east-1", "firstday": day(20), "lastday": day(), "days": 2}),
    "FlowLogPartitions": Counted({"region": REGION, "firstday": day(10), "lastday": day(), "days": 2}),
    "DaysWithoutEvents": Counted({"date": day(3), "account": ACCOUNT, "region": "us-east-1"}, not_row={"region": REGION, "date": day()}),
    "LateEvents": Counted(
        {"eventday": day(1), "events": 1, "date": day()}, [e("s3", "ListBuckets") | {"eventTime": f"{day(1)}T23:59:00Z"}],
        not_row={"eventday": day()}),
    "DuplicateEvents": Counted(
        {"account": ACCOUNT, "region": REGION, "events": 1, "surplus": 1},
        [*[e("s3", "ListBuckets", eventID="twice")] * 2, e("s3", "ListBuckets", eventID="twice", ago=1)]),
}
# fmt: on


def given_incidents(root: Path) -> None:
    """Put the events of all queries below ``root``, each with an id that says whose it is."""
    placed: dict[tuple[str, int], list[Event]] = {}
    events = [
        (f"{name}/{kind}/{number}", event)
        for name, both in EVENTS.items()
        for kind, some in zip(("found", "left"), both, strict=True)
        for number, event in enumerate(some)
    ]
    for name, counted in ROWS.items():
        events += [(f"{name}/{number}", event) for number, event in enumerate(counted.events)]
    for name, event in events:
        whole = an_event() | {"eventID": name} | event
        place = (whole.pop("_region", REGION), whole.pop("_ago"))
        placed.setdefault(place, []).append(whole)
    for (region, ago), some in placed.items():
        given_a_log(root, *some, region=region, day=day(ago))
    flows = [one for counted in ROWS.values() for one in counted.flows]
    for ago in sorted({ago for ago, _ in flows}):
        given_a_flow_log(root, *(line for at, line in flows if at == ago), day=day(ago))
