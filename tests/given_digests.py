"""A bucket with digests, as the simulated CloudTrail wrote it, that tests can tamper with."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from baseline.logs.source import Bucket, MissingError, Stored
from baseline.sessions import Fetched
from baseline.simulation import Blueprint, Simulation
from baseline.simulation.cloudtrail.digests import signing_key

MAIN = "100000000001"
HOME = "eu-west-1"
BUCKET = "central-trail"
ROUNDS = 4


@dataclass
class Memory:
    """A source of objects in memory. ``others`` are buckets that the first one speaks of."""

    objects_: dict[str, Fetched]
    bucket: str = BUCKET
    others: dict[str, "Memory"] = field(default_factory=dict)
    prefix: str = ""
    at_once: int = 1
    refused: dict[str, Exception] = field(default_factory=dict)
    name: str = f"s3://{BUCKET}/"

    def folders(self, prefix: str) -> list[str]:
        rest = (k[len(prefix) :] for k in self.objects_ if k.startswith(prefix))
        return sorted({r.partition("/")[0] for r in rest if "/" in r})

    def objects(self, prefix: str) -> list[Stored]:
        found = sorted(k for k in self.objects_ if k.startswith(prefix))
        return [Stored(k, "tag", len(self.objects_[k].content)) for k in found]

    def read(self, key: str) -> bytes:
        return self.fetch(key).content

    def fetch(self, key: str) -> Fetched:
        if key in self.refused:
            raise self.refused[key]
        if key not in self.objects_:
            raise MissingError("there is no such object", where=key)
        return self.objects_[key]

    def beside(self, bucket: str) -> "Memory":
        return self if bucket == self.bucket or not self.bucket else self.others[bucket]

    def keys(self, part: str) -> list[str]:
        """The keys that contain a text, oldest first."""
        return sorted(k for k in self.objects_ if part in k)

    def copy(self) -> "Memory":
        return Memory(dict(self.objects_), self.bucket, deepcopy(self.others), self.prefix)


def given_a_bucket(simulation: Simulation, bucket: str) -> None:
    """A bucket that CloudTrail may write to."""
    s3 = simulation.client("s3", HOME, MAIN)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HOME})
    service = {"Service": "cloudtrail.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": service, "Action": "s3:*"}
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": places}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def given_a_trail(
    simulation: Simulation, *, bucket: str = BUCKET, prefix: str = "", organization: bool = False
) -> Any:
    """A trail over all regions, of the main account or of all, that writes digests."""
    given_a_bucket(simulation, bucket)
    name = "organization_trail" if organization else "main_trail"
    if organization:
        client = simulation.client("organizations", "us-east-1", MAIN)
        client.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    trail = simulation.client("cloudtrail", HOME, MAIN)
    trail.create_trail(
        Name=name,
        S3BucketName=bucket,
        EnableLogFileValidation=True,
        IsMultiRegionTrail=True,
        IsOrganizationTrail=organization,
        **({"S3KeyPrefix": prefix} if prefix else {}),
    )
    trail.start_logging(Name=name)
    return trail


def given_deliveries(
    simulation: Simulation, rounds: int = ROUNDS, accounts: tuple[str, ...] = (MAIN,)
) -> None:
    """An hour between each, and something that happened in two regions."""
    for _ in range(rounds):
        for account in accounts:
            for region in (HOME, "us-east-1"):
                arn = f"arn:aws:sts::{account}:assumed-role/deployment/build"
                simulation.client("logs", region, account, acting_as=arn).describe_log_groups()
        simulation.clock.advance(3600)
        simulation.deliver()


def in_memory(simulation: Simulation, bucket: str = BUCKET) -> Memory:
    """What the simulation's bucket holds."""
    client = simulation.client("s3", HOME, MAIN)
    source = Bucket(client, bucket)
    keys = [stored.key for stored in source.objects("")]
    return Memory({key: source.fetch(key) for key in keys}, bucket)


def public_keys() -> dict[str, bytes]:
    """The simulated CloudTrail's keys by fingerprint."""
    key = signing_key(Blueprint().seed)
    return {key.fingerprint: key.public}
