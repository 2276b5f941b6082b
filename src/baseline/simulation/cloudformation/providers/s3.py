"""Buckets and their policies."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider, PutProvider
from baseline.simulation.cloudformation.providers.iam import document

# Where a bucket is when it is given no location.
_DEFAULT_REGION = "us-east-1"


def _same(value: Any) -> Any:
    return value


def _encryption(value: Any) -> dict[str, Any]:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _lifecycle(value: Any) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        **{
            name: rule[name]
            for name in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
            if name in rule
        },
    }
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": step["TransitionInDays"], "StorageClass": step["StorageClass"]}
            for step in rule["Transitions"]
        ]
    return made


def _logging(value: Any) -> dict[str, Any]:
    return {
        "LoggingEnabled": {
            "TargetBucket": value["DestinationBucketName"],
            "TargetPrefix": value.get("LogFilePrefix", ""),
        }
    }


def _notification(value: Any) -> dict[str, Any]:
    kinds = {
        "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
        "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
        "LambdaConfigurations": (
            "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn",
        ),
    }  # fmt: skip
    made: dict[str, Any] = {
        theirs: [_event(item, key, arn) for item in value[ours]]
        for ours, (theirs, key, arn) in kinds.items()
        if ours in value
    }
    if (value.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled", True) and (
        "EventBridgeConfiguration" in value
    ):
        made["EventBridgeConfiguration"] = {}
    return made


def _event(item: Mapping[str, Any], key: str, arn: str) -> dict[str, Any]:
    made: dict[str, Any] = {arn: item[key], "Events": [item["Event"]]}
    if "Filter" in item:
        rules = item["Filter"]["S3Key"]["Rules"]
        made["Filter"] = {"Key": {"FilterRules": rules}}
    return made


@dataclass(frozen=True)
class _Setting:
    """One property of a bucket: the call that sets it, its argument, and what unsets it."""

    put: str
    argument: str
    convert: Callable[[Any], Any] = _same
    delete: str = ""
    unset: Any = None


_SETTINGS: dict[str, _Setting] = {
    "VersioningConfiguration": _Setting(
        "put_bucket_versioning", "VersioningConfiguration", unset={"Status": "Suspended"}
    ),
    "OwnershipControls": _Setting(
        "put_bucket_ownership_controls", "OwnershipControls",
        delete="delete_bucket_ownership_controls",
    ),
    "PublicAccessBlockConfiguration": _Setting(
        "put_public_access_block", "PublicAccessBlockConfiguration",
        delete="delete_public_access_block",
    ),
    "BucketEncryption": _Setting(
        "put_bucket_encryption", "ServerSideEncryptionConfiguration", _encryption,
        "delete_bucket_encryption",
    ),
    "LifecycleConfiguration": _Setting(
        "put_bucket_lifecycle_configuration", "LifecycleConfiguration", _lifecycle,
        "delete_bucket_lifecycle",
    ),
    "LoggingConfiguration": _Setting(
        "put_bucket_logging", "BucketLoggingStatus", _logging, unset={}
    ),
    "NotificationConfiguration": _Setting(
        "put_bucket_notification_configuration", "NotificationConfiguration", _notification,
        unset={},
    ),
    "Tags": _Setting(
        "put_bucket_tagging", "Tagging", lambda tags: {"TagSet": tags}, "delete_bucket_tagging"
    ),
}  # fmt: skip


class Bucket(Provider):
    """A bucket with its settings; deleting one that holds objects is refused by S3."""

    type: ClassVar[str] = "AWS::S3::Bucket"
    service: ClassVar[str] = "s3"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the bucket."""
        name = properties.get("BucketName") or place.name(63).lower()
        parameters: dict[str, Any] = {"Bucket": name}
        if place.region != _DEFAULT_REGION:
            parameters["CreateBucketConfiguration"] = {"LocationConstraint": place.region}
        if properties.get("ObjectLockEnabled"):
            parameters["ObjectLockEnabledForBucket"] = True
        self.client(place).create_bucket(**parameters)
        return Made(name, _attributes(name, place.region))

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Set the bucket up."""
        _set_up(self.client(place), made.id, {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Set what changed; unset what is no longer wanted."""
        _set_up(self.client(place), made.id, before, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the bucket if it is empty."""
        del properties
        self.client(place).delete_bucket(Bucket=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Versions and public access."""
        del properties
        client = self.client(place)
        status = client.get_bucket_versioning(Bucket=made.id).get("Status")
        try:
            found = client.get_public_access_block(Bucket=made.id)
        except AwsError as error:
            if error.code != "NoSuchPublicAccessBlockConfiguration":
                raise
            found = {}
        return {
            "VersioningConfiguration": {"Status": status},
            "PublicAccessBlockConfiguration": found.get("PublicAccessBlockConfiguration"),
        }


def _set_up(client: Any, bucket: str, before: Properties, after: Properties) -> None:
    for name, setting in _SETTINGS.items():
        if name in after and after[name] != before.get(name):
            value = setting.convert(after[name])
            getattr(client, setting.put)(**{"Bucket": bucket, setting.argument: value})
        elif name in before and name not in after and setting.delete:
            getattr(client, setting.delete)(Bucket=bucket)
        elif name in before and name not in after:
            getattr(client, setting.put)(**{"Bucket": bucket, setting.argument: setting.unset})


def _attributes(name: str, region: str) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
    }


class BucketPolicy(PutProvider):
    """The policy of a bucket."""

    type: ClassVar[str] = "AWS::S3::BucketPolicy"
    service: ClassVar[str] = "s3"

    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Set the policy."""
        bucket = name or properties["Bucket"]
        self.client(place).put_bucket_policy(
            Bucket=bucket, Policy=document(properties["PolicyDocument"])
        )
        return Made(bucket)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Take the policy away."""
        del properties
        self.client(place).delete_bucket_policy(Bucket=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """What it allows."""
        del properties
        policy = self.client(place).get_bucket_policy(Bucket=made.id)["Policy"]
        return {"PolicyDocument": json.loads(policy)}


TYPES = (Bucket, BucketPolicy)
