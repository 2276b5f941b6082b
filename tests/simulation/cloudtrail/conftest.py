"""A simulated organization with a central bucket, and trails that write to it."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from baseline.sessions import open_session
from baseline.simulation import Blueprint, Simulation

MAIN = "100000000001"
HOME = "eu-west-1"
BUCKET = "baseline-cloudtrail-100000000001-eu-west-1"
ORGANIZATION = Blueprint().organization_id


@pytest.fixture
def policy() -> dict[str, Any]:
    """What lets CloudTrail of the whole organization write to the bucket."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    organization = {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:GetBucketAcl",
                "Resource": f"arn:aws:s3:::{BUCKET}",
                "Condition": organization,
            },
            {
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/*",
                "Condition": organization,
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


@pytest.fixture
def bucket(simulation: Simulation, policy: dict[str, Any]) -> Any:
    """A client of S3 in the account that owns the bucket."""
    s3 = simulation.client("s3", HOME, MAIN)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    return s3


@pytest.fixture
def given_a_trail(simulation: Simulation, bucket: Any) -> Callable[..., Any]:
    """A trail that logs, made by the simulation itself; gives the client that made it."""

    def given(account_id: str = MAIN, region: str = HOME, **settings: Any) -> Any:
        client = simulation.client("cloudtrail", region, account_id)
        client.create_trail(Name="baseline", S3BucketName=BUCKET, **settings)
        client.start_logging(Name="baseline")
        return client

    return given


@pytest.fixture
def somebody(simulation: Simulation) -> Callable[..., Any]:
    """A client of somebody in an account, whose calls are recorded."""

    def client(service: str, region: str = HOME, account_id: str = MAIN) -> Any:
        arn = f"arn:aws:sts::{account_id}:assumed-role/deployment/build"
        return simulation.client(service, region, account_id, acting_as=arn)

    return client


@pytest.fixture
def recorded(simulation: Simulation) -> Callable[..., list[dict[str, Any]]]:
    """All events of an account and region that are on record, the seeded ones apart."""

    def events(account_id: str = MAIN, region: str = HOME) -> list[dict[str, Any]]:
        kept = simulation.service("cloudtrail").records.get((account_id, region), [])
        return [json.loads(record.text) for record in kept]

    return events


@pytest.fixture
def objects(bucket: Any) -> Callable[[str], dict[str, dict[str, Any]]]:
    """Key to content of all objects whose key contains a text."""

    def read(part: str) -> dict[str, dict[str, Any]]:
        pages = bucket.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {
            key: json.loads(
                gzip.decompress(bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read())
            )
            for key in keys
            if part in key
        }

    return read


@pytest.fixture
def administrator_session(simulation: Simulation, monkeypatch: pytest.MonkeyPatch) -> Any:
    """STS as the administrator calls it, with long-term keys."""
    for name, value in simulation.environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    return open_session(region=HOME, transport=simulation.transport).client("sts")
