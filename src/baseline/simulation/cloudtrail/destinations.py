"""Whether a trail may deliver to where it is told to: bucket, log group and role."""

from typing import Any

from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from baseline.simulation.cloudtrail.trail import PRINCIPAL, Trail, bucket_problem
from baseline.simulation.service import Refusal


def check(trail: Trail, settings: dict[str, Any], organization_id: str) -> None:
    """Raise the Refusal with which CreateTrail and UpdateTrail answer a bad destination."""
    name = settings["S3BucketName"]
    problem = bucket_problem(trail, name, settings.get("S3KeyPrefix"), organization_id)
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
    trusted = (r for r in roles if r.arn == arn and PRINCIPAL in r.assume_role_policy_document)
    if not any(trusted):
        raise Refusal(
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Check the trust relationships for your role.",
        )
