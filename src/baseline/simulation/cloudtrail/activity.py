"""Who is at work on an ordinary day in an account, and what they call."""

import datetime as dt
import hashlib
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OFFICE = "198.51.100.7"
BUILD_SERVER = "198.51.100.20"
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


@dataclass(frozen=True)
class Actor:
    """Someone or something that calls; ``identity`` makes its userIdentity for an account."""

    source_ip: str
    user_agent: str
    identity: Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Activity:
    """One kind of call; ``weight`` is how often, relative to the others of the same table."""

    actor: Actor
    source: str
    name: str
    weight: int
    request: Mapping[str, Any] | None = field(default=None)
    response: Mapping[str, Any] | None = field(default=None)
    read_only: bool = True


def unique_id(prefix: str, account_id: str, name: str) -> str:
    """An IAM unique id such as ``AIDA…``, always the same for the same thing."""
    digest = hashlib.sha256(f"{prefix}/{account_id}/{name}".encode()).digest()
    return prefix + b32encode(digest).decode()[:17]


def root(account_id: str) -> dict[str, Any]:
    """The userIdentity of the root user at sign-in."""
    return {
        "type": "Root",
        "principalId": account_id,
        "arn": f"arn:aws:iam::{account_id}:root",
        "accountId": account_id,
        "accessKeyId": "",
    }


def user(account_id: str, name: str) -> dict[str, Any]:
    """The userIdentity of an IAM user with a long-term key, or at sign-in."""
    return {
        "type": "IAMUser",
        "principalId": unique_id("AIDA", account_id, name),
        "arn": f"arn:aws:iam::{account_id}:user/{name}",
        "accountId": account_id,
        "userName": name,
    }


def user_session(account_id: str, name: str) -> dict[str, Any]:
    """The userIdentity of an IAM user in the console, signed in with MFA."""
    key = {"accessKeyId": unique_id("ASIA", account_id, name)[:20]}
    return user(account_id, name) | key | {"sessionContext": _context(None, mfa=True)}


def role_session(account_id: str, role: str, session: str) -> dict[str, Any]:
    """The userIdentity of an assumed role."""
    principal = unique_id("AROA", account_id, role)
    issuer = {
        "type": "Role",
        "principalId": principal,
        "arn": f"arn:aws:iam::{account_id}:role/{role}",
        "accountId": account_id,
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"{principal}:{session}",
        "arn": f"arn:aws:sts::{account_id}:assumed-role/{role}/{session}",
        "accountId": account_id,
        "accessKeyId": unique_id("ASIA", account_id, role)[:20],
        "sessionContext": _context(issuer, mfa=False),
    }


def begun(identity: dict[str, Any], time: dt.datetime) -> dict[str, Any]:
    """The identity, whose session began at the last full hour before ``time``, if it has one."""
    context = identity.get("sessionContext")
    if context:
        context["attributes"]["creationDate"] = f"{time:%Y-%m-%dT%H:00:00Z}"
    return identity


def _context(issuer: dict[str, str] | None, *, mfa: bool) -> dict[str, Any]:
    attributes = {"mfaAuthenticated": "true" if mfa else "false"}
    return {"sessionIssuer": issuer or {}, "webIdFederationData": {}, "attributes": attributes}


def _service(name: str) -> Actor:
    source = f"{name}.amazonaws.com"
    return Actor(source, source, lambda _: {"type": "AWSService", "invokedBy": source})


ENGINEER = Actor(OFFICE, BROWSER, lambda account: user_session(account, "security-engineer"))
BUILD = Actor(
    BUILD_SERVER,
    "aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13.4",
    lambda account: role_session(account, "deployment", "build-4711"),
)
APPLICATION = Actor(
    "192.0.2.44",
    "Boto3/1.38.46 md/Botocore#1.38.46 ua/2.1 os/linux lang/python#3.12.11",
    lambda account: role_session(account, "application", "i-0a1b2c3d4e5f60718"),
)
CONFIG = Actor(
    "config.amazonaws.com",
    "config.amazonaws.com",
    lambda account: (
        role_session(account, "AWSServiceRoleForConfig", "AWSConfig-Describe")
        | {"invokedBy": "config.amazonaws.com"}
    ),
)

_NO_FILTER: dict[str, Any] = {"filterSet": {}}
REGIONAL: tuple[Activity, ...] = (
    Activity(APPLICATION, "kms", "Decrypt", 14, {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}),
    Activity(APPLICATION, "secretsmanager", "GetSecretValue", 9, {"secretId": "shop/database"}),
    Activity(APPLICATION, "ssm", "GetParameter", 9, {"name": "/shop/url", "withDecryption": True}),
    Activity(APPLICATION, "sts", "GetCallerIdentity", 4),
    Activity(CONFIG, "ec2", "DescribeVpcs", 4, {"maxResults": 1000, "vpcSet": {}} | _NO_FILTER),
    Activity(CONFIG, "ec2", "DescribeSecurityGroups", 5, {"securityGroupSet": {}} | _NO_FILTER),
    Activity(CONFIG, "s3", "GetBucketAcl", 4, {"bucketName": "shop-assets", "acl": ""}),
    Activity(CONFIG, "rds", "DescribeDBInstances", 3),
    Activity(ENGINEER, "ec2", "DescribeInstances", 6, {"instancesSet": {}} | _NO_FILTER),
    Activity(ENGINEER, "cloudtrail", "LookupEvents", 2, {"maxResults": 50}),
    Activity(ENGINEER, "guardduty", "ListDetectors", 2),
    Activity(ENGINEER, "logs", "DescribeLogGroups", 3, {"limit": 50}),
    Activity(BUILD, "cloudformation", "DescribeStacks", 8, {"stackName": "shop"}),
    Activity(
        BUILD, "cloudformation", "UpdateStack", 1, {"stackName": "shop"},
        {"stackId": "shop"}, read_only=False,
    ),
    Activity(
        BUILD, "lambda", "UpdateFunctionCode20150331v2", 1,
        {"functionName": "checkout", "publish": True}, {"functionName": "checkout"},
        read_only=False,
    ),
    Activity(
        BUILD, "ec2", "CreateTags", 2,
        {"resourcesSet": {"items": [{"resourceId": "i-0a1b2c3d4e5f60718"}]}},
        {"_return": True}, read_only=False,
    ),
    Activity(
        _service("ec2"), "sts", "AssumeRole", 4, {"roleSessionName": "i-0a1b2c3d4e5f60718"},
        {"packedPolicySize": 0},
    ),
    Activity(_service("cloudtrail"), "s3", "GetBucketAcl", 2, {"acl": ""}),
)  # fmt: skip
GLOBAL: tuple[Activity, ...] = (
    Activity(ENGINEER, "iam", "ListUsers", 3, {"maxItems": 100}),
    Activity(ENGINEER, "iam", "GetAccountSummary", 2),
    Activity(ENGINEER, "organizations", "DescribeOrganization", 2),
    Activity(CONFIG, "iam", "GetRole", 5, {"roleName": "application"}),
    Activity(CONFIG, "iam", "ListAttachedRolePolicies", 4, {"roleName": "application"}),
    Activity(
        BUILD, "iam", "AttachRolePolicy", 1,
        {"roleName": "application", "policyArn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess"},
        read_only=False,
    ),
)  # fmt: skip
