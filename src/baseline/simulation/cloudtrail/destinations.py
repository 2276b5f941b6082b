"""Whether a trail may deliver to where it is told to: bucket, log group and role."""

import json
from typing import Any

from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from baseline.simulation.cloudtrail.trail import PRINCIPAL, Trail, bucket_problem
from baseline.simulation.service import Refusal

# "The role policy doesn't support the use of aws:SourceArn and aws:SourceAccount" [CloudTrail User
# Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring"].
_UNSUPPORTED = {"aws:sourcearn", "aws:sourceaccount"}


def check(trail: Trail, settings: dict[str, Any], organization_id: str) -> None:
    """Raise the Refusal with which CreateTrail and UpdateTrail answer a bad destination."""
    name = settings["S3BucketName"]
    problem = bucket_problem(trail, settings, organization_id)
    if problem == "NoSuchBucket":
        raise Refusal("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
    if problem:
        raise Refusal(
            "InsufficientS3BucketPolicyException",
            f"Incorrect S3 bucket policy is detected for bucket: {name}",
        )
    group = settings.get("CloudWatchLogsLogGroupArn")
    role = settings.get("CloudWatchLogsRoleArn")
    if group or role:
        _check_log_group(group)
        _check_role(role)


def _check_log_group(arn: str | None) -> None:
    if not arn:
        raise Refusal(
            "InvalidCloudWatchLogsLogGroupArnException",
            "You must specify a log group as well as a role ARN.",
        )
    parts = arn.split(":")
    if len(parts) < 7 or parts[6] not in logs_backends[parts[4]][parts[3]].groups:  # noqa: PLR2004 - the ARN's parts up to the name
        raise Refusal(
            "InvalidCloudWatchLogsLogGroupArnException",
            f"CloudTrail cannot validate the specified log group ARN: {arn}",
        )


def _check_role(arn: str | None) -> None:
    if not arn:
        raise Refusal(
            "InvalidCloudWatchLogsRoleArnException",
            "You must specify a role ARN as well as a log group.",
        )
    roles = iam_backends[arn.split(":")[4]]["aws"].roles.values() if arn.count(":") >= 5 else ()  # noqa: PLR2004 - an ARN's colons
    if not any(r.arn == arn and _trusts_us(r.assume_role_policy_document) for r in roles):
        raise Refusal(
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Check the trust relationships for your role.",
        )


def _trusts_us(policy: str) -> bool:
    """Whether a trust policy lets CloudTrail in, without a condition that it does not support."""
    statements = json.loads(policy)["Statement"]
    return any(
        statement["Effect"] == "Allow"
        and PRINCIPAL in json.dumps(statement.get("Principal"))
        and not _UNSUPPORTED & {k.lower() for keys in _conditions(statement) for k in keys}
        for statement in (statements if isinstance(statements, list) else [statements])
    )


def _conditions(statement: Any) -> list[Any]:
    return list(statement.get("Condition", {}).values())
