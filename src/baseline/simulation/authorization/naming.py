"""Which resources a call means, as ARNs; pure but for what only moto's state can tell."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from baseline.permissions import fits
from baseline.simulation.authorization.reference import Kind
from baseline.simulation.service import Call

# The parameters that name a resource, by IAM's prefix of the service: how its ARN ends. A name
# counts only where its ARN is of a kind that the action is about.
_NAMED: Mapping[str, Mapping[str, str]] = {
    "athena": {"WorkGroup": "workgroup/{}", "Name": "workgroup/{}"},
    "batch": {"jobQueue": "job-queue/{}", "jobDefinition": "job-definition/{}"},
    "cloudformation": {"StackName": "stack/{}/*", "StackSetName": "stackset/{}:*"},
    # After the name comes an id that AWS makes up.
    "config": {
        "ConfigurationRecorderName": "configuration-recorder/{}/*",
        "ConfigurationRecorder.name": "configuration-recorder/{}/*",
    },
    "cloudtrail": {"Name": "trail/{}", "TrailName": "trail/{}", "ResourceId": "trail/{}"},
    "events": {"Name": "rule/{}", "Rule": "rule/{}"},
    "glue": {"DatabaseName": "database/{}"},
    "guardduty": {"DetectorId": "detector/{}"},
    "iam": {
        "RoleName": "role/{}",
        "UserName": "user/{}",
        "GroupName": "group/{}",
        "InstanceProfileName": "instance-profile/{}",
        "PolicyName": "policy/{}",
    },
    "kms": {"KeyId": "key/{}", "TargetKeyId": "key/{}", "AliasName": "{}"},
    "lambda": {"FunctionName": "function:{}"},
    # AWS asks about the group as about all of its streams.
    "logs": {"logGroupName": "log-group:{}:log-stream:"},
    "s3": {"Bucket": "{}"},
    "sns": {"Name": "{}"},
    "sqs": {"QueueName": "{}", "QueueUrl": "{}"},
    "ssm": {"Name": "parameter/{}"},
}
_GLOBAL = ("iam",)
# How the ids of EC2 begin, by the kind in their ARNs.
_IDS = {
    "ami": "image",
    "acl": "network-acl",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
_ID = re.compile(rf"({'|'.join(_IDS)})-[0-9a-f]+")


def named(call: Call, prefix: str, kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """The ARNs of those kinds that the parameters of a call name."""
    patterns = [kind.arn(call.region, call.account_id) for kind in kinds]
    # A bucket, a role or a key may be in another account, which only its ARN says.
    patterns += [kind.arn("*", "*") for kind in kinds]
    found = dict.fromkeys(_arns(call, prefix))
    return tuple(arn for arn in found if any(fits(arn, pattern) for pattern in patterns))


def _arns(call: Call, prefix: str) -> Iterator[str]:
    for name, value in call.parameters.items():
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str):
                continue
            if text.startswith("arn:"):
                yield text
            elif prefix == "ec2":
                yield from _by_id(call, text)
            elif name in _NAMED.get(prefix, {}):
                yield _by_name(call, prefix, name, text)
    for name in _NAMED.get(prefix, {}):
        within = queried(call, name) if "." in name else None
        if within:
            yield _by_name(call, prefix, name, within)


def _by_id(call: Call, text: str) -> Iterator[str]:
    found = _ID.fullmatch(text)
    if found:
        owner = "" if found[1] in ("ami", "snap") else call.account_id
        yield f"arn:aws:ec2:{call.region}:{owner}:{_IDS[found[1]]}/{text}"


def _by_name(call: Call, prefix: str, name: str, text: str) -> str:
    if prefix == "s3":
        key = call.parameters.get("Key")
        return f"arn:aws:s3:::{text}/{key}" if key else f"arn:aws:s3:::{text}"
    if name == "RoleName":
        return _role(call, text)
    if name == "QueueUrl":
        text = text.rpartition("/")[2]
    region = "" if prefix in _GLOBAL else call.region
    ending = _NAMED[prefix][name].format(text.lstrip("/") if prefix == "ssm" else text)
    return f"arn:aws:{prefix}:{region}:{call.account_id}:{ending}"


def _role(call: Call, name: str) -> str:
    """With the path that a role has, which its name does not say."""
    for role in list(iam_backends[call.account_id]["aws"].roles.values()):
        if role.name == name:
            return str(role.arn)
    path = call.parameters.get("Path") or "/"
    return f"arn:aws:iam::{call.account_id}:role{path}{name}"


def tags(call: Call, arn: str) -> dict[str, str]:
    """The tags of a resource of EC2."""
    kept = ec2_backends[call.account_id][call.region].tags
    return dict(kept.get(arn.rpartition("/")[2], {}))


def queried(call: Call, key: str) -> Any:
    """What a path of keys like ``Target.RoleArn`` leads to in the parameters; None for nowhere."""
    value: Any = call.parameters
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
