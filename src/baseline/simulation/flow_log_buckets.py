"""The bucket that a flow log is told to go to: whether AWS accepts it, and what AWS does to it.

Where whoever creates the flow log owns the bucket and may put policies, AWS puts one of its own in
place of the bucket's; else the bucket's has to let it in [VPC User Guide, "Publish flow logs to
Amazon S3"].
"""

import json
from collections.abc import Iterator
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from baseline.simulation import bucket
from baseline.simulation.service import Call, Refusal

PRINCIPAL = "delivery.logs.amazonaws.com"
_CHANGE = "s3:PutBucketPolicy"


def context(account_id: str, region: str, organization_id: str) -> dict[str, str]:
    """The condition keys of a delivery."""
    return {
        "aws:SourceAccount": account_id,
        "aws:SourceArn": f"arn:aws:logs:{region}:{account_id}:*",
        "aws:SourceOrgID": organization_id,
    }


def accept(call: Call, destination: str, organization_id: str) -> None:
    """Raise the Refusal for a bucket that lets no flow log in, or change its policy as AWS does.

    ``destination`` is the bucket's ARN, with or without a key prefix.
    """
    name, _, prefix = destination.rpartition(":")[2].partition("/")
    if bucket.find(name) is None:
        return  # moto says so
    if _owner(name) == call.account_id and _may_change(call, f"arn:aws:s3:::{name}"):
        _put_policy(name, call)
        return
    folder = f"AWSLogs/{call.account_id}/vpcflowlogs/{call.region}"
    key = "/".join(part for part in (prefix.strip("/"), folder, "log.gz") if part)
    sent = context(call.account_id, call.region, organization_id)
    if not bucket.lets_in(name, PRINCIPAL, key, sent):
        raise Refusal(
            "400",
            f"Access Denied for LogDestination: {name}. Please check LogDestination permission",
        )


def _owner(name: str) -> str:
    return str(s3_backends.bucket_accounts[name][1])


def _may_change(call: Call, arn: str) -> bool:
    """Whether the caller's own policies allow it; an account's root may do everything."""
    if call.arn.endswith(":root"):
        return True
    results = [IAMPolicy(p).is_action_permitted(_CHANGE, arn) for p in _policies(call)]
    return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results


def _policies(call: Call) -> Iterator[Any]:
    """The policies of the role or the user that calls."""
    backend = iam_backends[call.account_id]["aws"]
    kind, _, path = call.arn.split(":", 5)[5].partition("/")
    name = path.split("/")[0] if kind == "assumed-role" else path.rpartition("/")[2]
    entities = backend.roles.values() if kind == "assumed-role" else backend.users.values()
    for entity in entities:
        if entity.name == name:
            yield from entity.policies.values()
            yield from entity.managed_policies.values()


def _put_policy(name: str, call: Call) -> None:
    arn = f"arn:aws:s3:::{name}"
    principal = {"Service": PRINCIPAL}
    condition = {
        "StringEquals": {"aws:SourceAccount": call.account_id},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{call.region}:{call.account_id}:*"},
    }
    common = {"Effect": "Allow", "Principal": principal, "Condition": condition}
    statements = [
        {**common, "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/{call.account_id}/*"},
        {**common, "Action": ["s3:GetBucketAcl", "s3:ListBucket"], "Resource": arn},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    bucket.find(name).policy = json.dumps(policy).encode()
