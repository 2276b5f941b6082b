"""What is in the way of a roll-out: recorders, detectors, trails, guardrails of others."""

import json
from typing import Any

from baseline.simulation import Simulation

MAIN, LOGS, TOOLING, PRODUCTION, PAYMENTS, DEVELOPMENT = (
    "100000000001", "200000000002", "300000000003", "400000000004", "500000000005", "600000000006",
)  # fmt: skip
HOME, AWAY = "eu-west-1", "us-east-1"
FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{HOME}, {AWAY}]
"""


def recorder(organization: Simulation, account: str, region: str, name: str = "own") -> None:
    organization.client("config", region, account).put_configuration_recorder(
        ConfigurationRecorder={
            "name": name,
            "roleARN": f"arn:aws:iam::{account}:role/own-recorder",
            "recordingGroup": {"allSupported": True},
        }
    )


def detector(organization: Simulation, account: str, region: str) -> str:
    guardduty = organization.client("guardduty", region, account)
    return str(guardduty.create_detector(Enable=True)["DetectorId"])


def trail(
    organization: Simulation, account: str, region: str, name: str, *, everybodys: bool = False
) -> None:
    """A trail into a bucket of the account's own, of the account or of the organization."""
    s3, bucket = organization.client("s3", region, account), f"own-trails-{account}"
    place = {"LocationConstraint": region}
    if region == AWAY:
        s3.create_bucket(Bucket=bucket)
    else:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    cloudtrail = organization.client("cloudtrail", region, account)
    cloudtrail.create_trail(Name=name, S3BucketName=bucket, IsOrganizationTrail=everybodys)
    cloudtrail.start_logging(Name=name)


def channel(organization: Simulation, account: str, region: str) -> None:
    """A delivery channel into a bucket of the account's own; its recorder records."""
    bucket = f"own-config-{account}"
    s3 = organization.client("s3", region, account)
    s3.create_bucket(Bucket=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    config = organization.client("config", region, account)
    config.put_delivery_channel(DeliveryChannel={"name": "own", "s3BucketName": bucket})
    config.start_configuration_recorder(ConfigurationRecorderName="own")


def guardrail(organization: Simulation, target: str, *statements: dict[str, Any]) -> None:
    client = organization.client("organizations", AWAY, MAIN)
    allowed = {"Version": "2012-10-17", "Statement": list(statements)}
    made = client.create_policy(
        Content=json.dumps(allowed), Name="guardrail", Description="A guardrail.",
        Type="SERVICE_CONTROL_POLICY",
    )  # fmt: skip
    client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)
