"""What is asked of the central buckets, and of the key that encrypts them."""

import json
from collections.abc import Callable
from typing import Any

from baseline.rollout import policies
from baseline.rollout.catalogue import STORAGE
from baseline.rollout.coverage import Check, Look, Missing, Place, require, unlike
from baseline.rollout.intended import Properties

_BUCKETS = {
    "cloudtrail": "CloudTrailBucket",
    "config": "ConfigBucket",
    "flowlogs": "FlowLogsBucket",
    "query-results": "QueryResultsBucket",
}
_NO_BUCKET = ("NoSuchBucket", "404")


def key(place: Place) -> Any:
    """What KMS says of the key that encrypts the logs; raises Missing when there is none."""
    alias = place.home.intended(STORAGE, "KeyAlias")["AliasName"]
    answer = place.home.ask("kms", "describe_key", ("NotFoundException",), KeyId=alias)
    if answer is None:
        raise Missing(f"no key {alias}")
    return answer["KeyMetadata"]


def _usable(place: Place) -> str:
    found, wanted = key(place), place.intended(STORAGE, "Key")
    rotation = place.ask("kms", "get_key_rotation_status", KeyId=found["Arn"])
    require(
        unlike(
            {**found, **rotation},
            {"KeyState": "Enabled", "KeyRotationEnabled": wanted["EnableKeyRotation"]},
        )
    )
    return "enabled, rotates"


def _key_policy(place: Place) -> str:
    found = place.ask("kms", "get_key_policy", KeyId=key(place)["Arn"], PolicyName="default")
    wanted = place.intended(STORAGE, "Key")["KeyPolicy"]
    require(policies.differences(json.loads(found["Policy"]), wanted, "the policy"))
    return f"{len(wanted['Statement'])} statements"


def _encryption(place: Place, bucket: Properties) -> str:
    absent = ("ServerSideEncryptionConfigurationNotFoundError",)
    answer = _ask(place, bucket, "get_bucket_encryption", absent)
    found = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    named = rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")
    wanted = rule["ServerSideEncryptionByDefault"] | {
        "KMSMasterKeyID": key(place)["Arn"],
        "BucketKeyEnabled": rule["BucketKeyEnabled"],
    }
    flat = found.get("ApplyServerSideEncryptionByDefault", {}) | {
        "BucketKeyEnabled": found.get("BucketKeyEnabled", False)
    }
    # A template may name the key by its alias, and S3 tells what it was told.
    if named and flat.get("KMSMasterKeyID") == named:
        flat["KMSMasterKeyID"] = wanted["KMSMasterKeyID"]
    require(unlike(flat, wanted))
    return str(wanted["SSEAlgorithm"])


def _versioning(place: Place, bucket: Properties) -> str:
    found = _ask(place, bucket, "get_bucket_versioning")
    require(unlike(found, bucket["VersioningConfiguration"]))
    return "enabled"


def _public_access(place: Place, bucket: Properties) -> str:
    absent = ("NoSuchPublicAccessBlockConfiguration",)
    found = _ask(place, bucket, "get_public_access_block", absent)
    wanted = bucket["PublicAccessBlockConfiguration"]
    require(unlike(found["PublicAccessBlockConfiguration"], wanted))
    return "blocked"


def _ownership(place: Place, bucket: Properties) -> str:
    absent = ("OwnershipControlsNotFoundError",)
    found = _ask(place, bucket, "get_bucket_ownership_controls", absent)["OwnershipControls"]
    wanted = bucket["OwnershipControls"]["Rules"][0]
    require(unlike(found["Rules"][0], wanted))
    return str(wanted["ObjectOwnership"])


def _lifecycle(place: Place, bucket: Properties) -> str:
    absent = ("NoSuchLifecycleConfiguration",)
    answer = _ask(place, bucket, "get_bucket_lifecycle_configuration", absent)
    found = {rule.get("ID", "?"): _expiry(rule) for rule in answer["Rules"]}
    wanted = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    require(unlike(found, dict.fromkeys(found) | wanted))
    return ", ".join(f"{rule['ExpirationInDays']} days" for rule in wanted.values())


def _expiry(rule: Any) -> dict[str, Any]:
    """A rule as S3 tells it, in the template's words; a filter that leaves nothing out is none."""
    scope = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
    told = {
        **{name: said for name, said in rule.items() if name not in ("ID", "Filter", "Prefix")},
        "Id": rule.get("ID"),
        "ExpirationInDays": rule.get("Expiration", {}).get("Days"),
        "Filter": scope if any(scope.values()) else None,
    }
    told.pop("Expiration", None)
    return {name: said for name, said in told.items() if said is not None}


def _policy(place: Place, bucket: Properties) -> str:
    answer = _ask(place, bucket, "get_bucket_policy", ("NoSuchBucketPolicy",))
    wanted = bucket["PolicyDocument"]
    require(policies.differences(json.loads(answer["Policy"]), wanted, "the policy"))
    return f"{len(wanted['Statement'])} statements"


def _events(place: Place) -> str:
    """Without them nobody hears of new files."""
    for resource in ("CloudTrailBucket", "FlowLogsBucket"):
        bucket = place.intended(STORAGE, resource)
        found = _ask(place, bucket, "get_bucket_notification_configuration")
        if "EventBridgeConfiguration" not in found:
            raise Missing(f"{bucket['BucketName']} does not tell EventBridge of new files")
    return "cloudtrail, flowlogs"


def _ask(place: Place, bucket: Properties, operation: str, absent: tuple[str, ...] = ()) -> Any:
    name = bucket["BucketName"]
    answer = place.ask("s3", operation, (*absent, *_NO_BUCKET), Bucket=name)
    if answer is None:
        raise Missing(f"{name} has none, or is not there")
    return answer


def _of(stack: str, resource: str, look: Callable[[Place, Properties], str]) -> Look:
    """Ask of a bucket with its policy, which is a resource of its own in the template."""

    def ask(place: Place) -> str:
        policy = place.intended(stack, f"{resource}Policy")
        return look(place, {**policy, **place.intended(stack, resource)})

    return ask


def of_bucket(purpose: str, stack: str, resource: str) -> tuple[Check, ...]:
    """What is asked of the bucket that is ``resource`` in the template of ``stack``."""
    return tuple(
        Check("s3", f"{purpose} {what}", _of(stack, resource, look))
        for what, look in (
            ("encryption", _encryption),
            ("lifecycle", _lifecycle),
            ("ownership", _ownership),
            ("policy", _policy),
            ("public access", _public_access),
            ("versioning", _versioning),
        )
    )


CHECKS = (
    Check("kms", "key", _usable),
    Check("kms", "key policy", _key_policy),
    Check("s3", "events", _events),
    *(
        check
        for purpose, resource in _BUCKETS.items()
        for check in of_bucket(purpose, STORAGE, resource)
    ),
)
