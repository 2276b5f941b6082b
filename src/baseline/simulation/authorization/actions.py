"""A call as the actions that IAM asks for, each on its resources, with the condition keys.

An action that AWS's reference does not have is not asked for. A resource that a call does not name
is a pattern of those that it may mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from moto.core.utils import get_service_model
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from baseline.simulation.authorization import naming, reference
from baseline.simulation.service import Call

Keys = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Need:
    """An action on a resource: an ARN, a pattern, or "" for none; with the keys of just that.

    ``settled`` as in ``permissions.Request``.
    """

    action: str
    resource: str
    keys: Keys = field(default_factory=dict)
    settled: tuple[str, ...] = ()


# Where IAM's prefix of a service is not the name that it signs with.
_PREFIX = {"cloudwatch": "cloudwatch"}
# Where IAM's action has not the operation's name [Service Authorization Reference].
_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "lambda": {"Invoke": ("InvokeFunction",)},
    "s3control": {
        f"{verb}PublicAccessBlock": (f"{action}AccountPublicAccessBlock",)
        for verb, action in {"Get": "Get", "Put": "Put", "Delete": "Put"}.items()
    },
    "s3": {
        "AbortMultipartUpload": ("AbortMultipartUpload",),
        "CompleteMultipartUpload": ("PutObject",),
        "CopyObject": ("PutObject",),
        "CreateMultipartUpload": ("PutObject",),
        "DeleteBucketCors": ("PutBucketCORS",),
        "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
        "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
        "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
        "DeleteBucketReplication": ("PutReplicationConfiguration",),
        "DeleteBucketTagging": ("PutBucketTagging",),
        "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
        "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
        "GetBucketEncryption": ("GetEncryptionConfiguration",),
        "GetBucketLifecycle": ("GetLifecycleConfiguration",),
        "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
        "GetBucketNotificationConfiguration": ("GetBucketNotification",),
        "GetBucketReplication": ("GetReplicationConfiguration",),
        "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
        "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
        "HeadBucket": ("ListBucket",),
        "HeadObject": ("GetObject",),
        "ListBuckets": ("ListAllMyBuckets",),
        "ListMultipartUploads": ("ListBucketMultipartUploads",),
        "ListObjectVersions": ("ListBucketVersions",),
        "ListObjects": ("ListBucket",),
        "ListObjectsV2": ("ListBucket",),
        "ListParts": ("ListMultipartUploadParts",),
        "PutBucketAccelerateConfiguration": ("PutAccelerateConfiguration",),
        "PutBucketEncryption": ("PutEncryptionConfiguration",),
        "PutBucketLifecycle": ("PutLifecycleConfiguration",),
        "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
        "PutBucketNotificationConfiguration": ("PutBucketNotification",),
        "PutBucketReplication": ("PutReplicationConfiguration",),
        "PutObjectLockConfiguration": ("PutBucketObjectLockConfiguration",),
        "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
        "UploadPart": ("PutObject",),
        "UploadPartCopy": ("PutObject",),
    },
}
_DELETIONS = {("s3", "DeleteObject"), ("s3", "DeleteObjects")}
# What a call of EC2 makes, of which nobody knows the id yet.
_MADE = {
    "AllocateAddress": "elastic-ip",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}
# The action that tags what a call makes.
_TAGGING = {
    ("cloudtrail", "CreateTrail"): "cloudtrail:AddTags",
    ("guardduty", "CreateDetector"): "guardduty:TagResource",
    ("iam", "CreateRole"): "iam:TagRole",
    ("lambda", "CreateFunction"): "lambda:TagResource",
    ("logs", "CreateLogGroup"): "logs:TagResource",
}
# Where a call names a role that it hands to a service.
_PASSED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("cloudtrail", "CreateTrail"): ("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),
    ("cloudtrail", "UpdateTrail"): ("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),
    ("config", "PutConfigurationAggregator"): (
        "OrganizationAggregationSource.RoleArn", "config.amazonaws.com",
    ),
    ("config", "PutConfigurationRecorder"): (
        "ConfigurationRecorder.roleARN", "config.amazonaws.com",
    ),
    ("ec2", "CreateFlowLogs"): ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    ("lambda", "CreateFunction"): ("Role", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda.amazonaws.com"),
    ("scheduler", "CreateSchedule"): ("Target.RoleArn", "scheduler.amazonaws.com"),
}  # fmt: skip
# Condition keys that a parameter gives.
_KEYS: Mapping[str, Mapping[str, str]] = {
    "iam": {
        "PolicyArn": "iam:policyarn",
        "PermissionsBoundary": "iam:permissionsboundary",
        "AWSServiceName": "iam:awsservicename",
    }
}
# Of the tags of a resource of EC2, all are known; one that is being made has none.
_TAGS_OF_RESOURCES = ("aws:resourcetag/", "ec2:resourcetag/")
_GUARDDUTY = "guardduty.amazonaws.com"


def needs(call: Call) -> Iterator[Need]:
    """What IAM asks for before a call is answered."""
    prefix = _prefix(call.service)
    if (call.service, call.operation) in _DELETIONS:
        yield from _of_objects(call)
        return
    for name in _NAMES.get(call.service, {}).get(call.operation, (call.operation,)):
        yield from _on_resources(call, f"{prefix}:{name}")
    yield from _beside(call)


def _of_objects(call: Call) -> Iterator[Need]:
    """What deletes objects: a version of one is another action, and each is a resource."""
    objects = call.parameters.get("Delete", {}).get("Objects") or [call.parameters]
    for one in objects:
        action = "s3:DeleteObjectVersion" if one.get("VersionId") else "s3:DeleteObject"
        yield Need(action, f"arn:aws:s3:::{call.parameters['Bucket']}/{one['Key']}")


@cache
def _prefix(service: str) -> str:
    signing_name = str(get_service_model(service).signing_name)
    return _PREFIX.get(service, signing_name)


def _on_resources(call: Call, action: str) -> Iterator[Need]:
    kinds = reference.kinds(action)
    if kinds is None:
        return
    prefix = action.partition(":")[0]
    keys = _given(call)
    if prefix == "ec2" and kinds:
        yield from _on_parts(call, action, kinds)
        return
    found = naming.named(call, prefix, kinds) or _any(call, kinds)
    yield from (Need(action, arn, keys) for arn in found)


def _any(call: Call, kinds: tuple[reference.Kind, ...]) -> tuple[str, ...]:
    """What stands for everything that an action without a named resource may mean."""
    patterns = {kind.arn(call.region, call.account_id) for kind in kinds}
    if len(patterns) > 1:
        return (f"arn:aws:{next(iter(kinds)).pattern.split(':')[2]}:*",)
    return tuple(patterns) or ("",)


def _on_parts(call: Call, action: str, kinds: tuple[reference.Kind, ...]) -> Iterator[Need]:
    """Of EC2, whose calls are about several resources, each with the tags that it has."""
    parts = naming.named(call, "ec2", kinds)
    tagging = action == "ec2:CreateTags"
    for arn in parts:
        keys = _of_resource(naming.tags(call, arn)) | (_given(call) if tagging else {})
        yield Need(action, arn, keys, _TAGS_OF_RESOURCES)
    if call.operation in _MADE:
        yield Need(action, _made(call), _given(call), _TAGS_OF_RESOURCES)
    elif not parts:
        yield from (Need(action, arn) for arn in _any(call, kinds))


def _made(call: Call) -> str:
    return f"arn:aws:ec2:{call.region}:{call.account_id}:{_MADE[call.operation]}/*"


def _beside(call: Call) -> Iterator[Need]:
    """What a call asks for beside its own action: tagging, and what services of AWS are to do."""
    key, tags = (call.service, call.operation), _tags(call)
    if tags and key in _TAGGING:
        yield from _on_resources(call, _TAGGING[key])
    if tags and call.operation in _MADE:
        keys = _given(call) | {"ec2:createaction": call.operation}
        yield Need("ec2:CreateTags", _made(call), keys, _TAGS_OF_RESOURCES)
    if key in _PASSED:
        parameter, service = _PASSED[key]
        role = naming.queried(call, parameter)
        if role:
            yield Need("iam:PassRole", role, {"iam:passedtoservice": service})
    if key == ("guardduty", "CreateDetector") and not _has_linked_role(call.account_id):
        role = f"arn:aws:iam::{call.account_id}:role/aws-service-role/{_GUARDDUTY}/"
        yield Need(
            "iam:CreateServiceLinkedRole", f"{role}AWSServiceRoleForAmazonGuardDuty",
            {"iam:awsservicename": _GUARDDUTY},
        )  # fmt: skip
    if call.operation in ("CreateFlowLogs", "DeleteFlowLogs") and _into_a_bucket(call):
        yield Need(f"logs:{call.operation.replace('FlowLogs', 'LogDelivery')}", "")


def _has_linked_role(account_id: str) -> bool:
    roles = list(iam_backends[account_id]["aws"].roles.values())
    return any(role.name == "AWSServiceRoleForAmazonGuardDuty" for role in roles)


def _into_a_bucket(call: Call) -> bool:
    if call.operation == "CreateFlowLogs":
        return bool(call.parameters.get("LogDestinationType") == "s3")
    kept = ec2_backends[call.account_id][call.region].flow_logs
    there = (kept[name] for name in call.parameters["FlowLogIds"] if name in kept)
    return any(one.log_destination_type == "s3" for one in there)


def _given(call: Call) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that the parameters of a call give."""
    known = _KEYS.get(call.service, {})
    keys: dict[str, str | tuple[str, ...]] = {
        key: str(call.parameters[name]) for name, key in known.items() if name in call.parameters
    }
    tags = _tags(call)
    if tags:
        keys |= {**_tagged("aws:requesttag", tags), "aws:tagkeys": tuple(tags)}
    return keys


def _of_resource(tags: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    return {
        key: value
        for prefix in _TAGS_OF_RESOURCES
        for key, value in _tagged(prefix.rstrip("/"), tags).items()
    }


def _tagged(prefix: str, tags: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    return {f"{prefix}/{key.lower()}": value for key, value in tags.items()}


def _tags(call: Call) -> dict[str, str]:
    """The tags in a call, which services write in three ways."""
    given = call.parameters
    tags = given.get("Tags") or given.get("tags") or given.get("TagsList") or ()
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    every: list[Any] = [*_listed(tags)]
    every += [tag for one in given.get("TagSpecifications") or () for tag in one.get("Tags", ())]
    return {
        str(tag["Key"]): str(tag.get("Value", ""))
        for tag in every
        if isinstance(tag, Mapping) and "Key" in tag
    }


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else ()
