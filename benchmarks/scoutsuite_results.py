"""Findings as ScoutSuite has them in its results, of which ``scout aws --local`` makes its page.

Results are of one account, and hold resources, in which rules of ScoutSuite's find what is flagged.
So each finding is a resource of its own, in a list of its service or else among the queues, and is
flagged where it fails; the rule's words stand for the check's, and the account is in its name.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baseline.findings.model import FAIL, Finding

Raw = dict[str, Any]
NAME = "scoutsuite"
_RESULTS = f"scoutsuite-results/scoutsuite_results_{NAME}.js"


@dataclass(frozen=True)
class List:
    """A list of results: where it is, a rule about it, and what this flags and lets pass."""

    service: str
    kind: str
    rule: str
    flagged: Mapping[str, Any]
    passing: Mapping[str, Any]
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def items(self) -> str:
        """The fragment that leads to what is flagged in the list."""
        return f"#services.{self.service}.findings.{self.rule}.items"


_USER: Raw = {"LoginProfile": {}, "AccessKeys": [], "groups": [], "policies": []}
_KEY: Raw = {"origin": "AWS_KMS", "key_manager": "CUSTOMER", "key_enabled": True}
_QUEUES = List(
    "sqs",
    "queues",
    "sqs-queue-server-side-encryption-disabled",
    {"kms_master_key_id": None, "sqs_managed_sse_enabled": False},
    {"kms_master_key_id": "alias/key", "sqs_managed_sse_enabled": False},
)
# By the service of a finding. Of IAM and S3 there is one list, and not one a region.
LISTS = {
    "iam": List(
        "iam",
        "users",
        "iam-user-without-mfa",
        {**_USER, "MFADevices": []},
        {**_USER, "MFADevices": [{"SerialNumber": "arn"}]},
        {"permissions": {}, "roles": {}},
    ),
    "s3": List(
        "s3",
        "buckets",
        "s3-bucket-no-default-encryption",
        {"default_encryption_enabled": False},
        {"default_encryption_enabled": True},
    ),
    "ec2": List(
        "ec2",
        "volumes",
        "ec2-ebs-volume-not-encrypted",
        {"Encrypted": False},
        {"Encrypted": True},
        {"vpcs": {}, "snapshots": {}, "instances_count": 0},
    ),
    "kms": List(
        "kms",
        "keys",
        "kms-cmk-rotation-disabled",
        {**_KEY, "rotation_enabled": False},
        {**_KEY, "rotation_enabled": True},
    ),
    "cloudtrail": List(
        "cloudtrail",
        "trails",
        "cloudtrail-no-log-file-validation",
        {"LogFileValidationEnabled": False},
        {"LogFileValidationEnabled": True},
    ),
    "cloudwatch": List(
        "cloudwatch",
        "alarms",
        "cloudwatch-alarm-without-actions",
        {"AlarmActions": []},
        {"AlarmActions": ["arn"]},
    ),
}
_EVERY = (*LISTS.values(), _QUEUES)
_GLOBAL = frozenset({"iam", "s3"})


def write(findings: Iterable[Finding], directory: Path) -> None:
    """Write into ``directory`` what ScoutSuite reads as the results of its latest run."""
    services: Raw = {one.service: _service(one) for one in _EVERY}
    for number, finding in enumerate(findings):
        into = LISTS.get(finding.service, _QUEUES)
        _items(services, into, finding.region)[f"r{number}"] = _resource(into, finding, number)
    for one in _EVERY:
        _count(services[one.service], one)
    results = {
        "account_id": "123456789012",
        "service_list": list(services),
        "services": {**services, "vpc": {"regions": {}, "regions_count": 0}},
    }
    file = directory / _RESULTS
    file.parent.mkdir(parents=True)
    file.write_text(f"scoutsuite_results =\n{json.dumps(results)}\n")


def flagged(directory: Path) -> int:
    """How many resources ScoutSuite says that its rules flagged."""
    text = (directory / _RESULTS).read_text()
    summary = json.loads(text[text.index("{") :])["last_run"]["summary"]
    return sum(service["flagged_items"] for service in summary.values())


def ruleset(file: Path) -> None:
    """Write the ruleset that has the rules of the lists, and no other."""
    enabled = [{"enabled": True, "level": "danger"}]
    rules = {f"{one.rule}.json": enabled for one in _EVERY}
    file.write_text(json.dumps({"about": "One rule a list.", "rules": rules}))


def _service(one: List) -> Raw:
    return {one.kind: {}, **one.beside} if one.service in _GLOBAL else {"regions": {}}


def _items(services: Raw, one: List, region: str) -> Raw:
    held = services[one.service]
    if one.service not in _GLOBAL:
        place = {"id": region, "name": region, "region": region}
        held = held["regions"].setdefault(region, {**place, one.kind: {}, **one.beside})
    items: Raw = held[one.kind]
    return items


def _count(held: Raw, one: List) -> None:
    """Say how many there are: in each region, and in all."""
    places = [held] if one.service in _GLOBAL else held["regions"].values()
    for place in places:
        place[f"{one.kind}_count"] = len(place[one.kind])
    held[f"{one.kind}_count"] = sum(place[f"{one.kind}_count"] for place in places)


def _resource(one: List, finding: Finding, number: int) -> Raw:
    return {
        "id": f"r{number}",
        "name": f"{finding.account_name} {finding.resource}",
        "arn": finding.resource,
        "region": finding.region,
        "description": finding.detail,
        **(one.flagged if finding.status == FAIL else one.passing),
    }
