"""How much is asked of AWS for 100,000 findings of 300 accounts in 17 regions, and asked again.

AWS is played by answers that are made up, in pages as large as its own: what is told are calls, and
our own processor time and memory.
"""

import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from baseline.findings import found, reading
from baseline.findings.kept import Kept
from baseline.findings.look import Place
from baseline.organization import DEFAULT_REGIONS, Account, Organization, Target
from baseline.sessions import Session
from baseline.simulation.guardduty_findings import SAMPLES, sample

ACCOUNTS = [f"{100000000000 + number}" for number in range(300)]
REGIONS = DEFAULT_REGIONS
FINDINGS, RULES, FAILING = 100_000, 10, 3
CHANGED = 100  # findings, between the two readings
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
# What a real finding has beside a sample: action, network and labels; 3 KB in all.
FILLER = {"Action": {"NetworkConnectionAction": {"text": "x" * 1800}}}

Pages = Iterator[dict[str, Any]]


@dataclass
class Aws:
    """Everything that is there, and how often it was asked for what."""

    findings: dict[str, dict[str, dict[str, Any]]]
    calls: Counter[str] = field(default_factory=Counter)

    def client(self, service: str, region: str) -> Any:
        return {"guardduty": Guardduty, "config": Config, "organizations": Nobody}[service](
            self, region
        )


@dataclass
class Client:
    aws: Aws
    region: str

    def get_paginator(self, operation: str) -> Any:
        client = self

        class Paginator:
            def paginate(self, **asked: Any) -> Pages:
                for page in getattr(client, operation)(**asked):
                    client.aws.calls[operation] += 1
                    yield page

        return Paginator()


class Nobody(Client):
    def list_delegated_administrators(self, **_: Any) -> Pages:
        yield {"DelegatedAdministrators": []}


class Guardduty(Client):
    def _asked(self, operation: str) -> None:
        self.aws.calls[operation] += 1

    def list_detectors(self) -> dict[str, Any]:
        self._asked("list_detectors")
        return {"DetectorIds": ["d" * 32]}

    def get_detector(self, **_: Any) -> dict[str, Any]:
        self._asked("get_detector")
        return {"Status": "ENABLED"}

    def list_members(self, **_: Any) -> Pages:
        members = [{"AccountId": a, "RelationshipStatus": "Enabled"} for a in ACCOUNTS[1:]]
        for some in _paged(members, 50):
            yield {"Members": some}

    def list_findings(self, FindingCriteria: Any = None, **_: Any) -> Pages:  # noqa: N803  # boto3's name
        criterion = (FindingCriteria or {}).get("Criterion", {})
        since = criterion.get("updatedAt", {}).get("GreaterThanOrEqual", 0)
        least = datetime.fromtimestamp(since / 1000, UTC).isoformat()
        ids = [i for i, f in self.aws.findings[self.region].items() if f["UpdatedAt"] >= least]
        for some in _paged(ids, 50):
            yield {"FindingIds": some}

    def get_findings(self, FindingIds: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803  # as above
        self._asked("get_findings")
        return {"Findings": [self.aws.findings[self.region][one] for one in FindingIds]}

    def get_findings_statistics(self, **_: Any) -> dict[str, Any]:
        self._asked("get_findings_statistics")
        counts = Counter(f["Severity"] for f in self.aws.findings[self.region].values())
        groups = [{"Severity": s, "TotalFindings": n} for s, n in counts.items()]
        return {"FindingStatistics": {"GroupedBySeverity": groups}}


class Config(Client):
    def describe_configuration_aggregators(self, **_: Any) -> Pages:
        source = {"AllAwsRegions": True}
        name = {"ConfigurationAggregatorName": "baseline"}
        yield {"ConfigurationAggregators": [name | {"OrganizationAggregationSource": source}]}

    def describe_configuration_aggregator_sources_status(self, **_: Any) -> Pages:
        sources = [
            {"SourceId": a, "AwsRegion": r, "LastUpdateStatus": "SUCCEEDED"}
            for a in ACCOUNTS
            for r in REGIONS
        ]
        for some in _paged(sources, 100):
            yield {"AggregatedSourceStatusList": some}

    def describe_aggregate_compliance_by_config_rules(self, Filters: Any, **_: Any) -> Pages:  # noqa: N803  # as above
        rules = [
            {
                "ConfigRuleName": f"rule-{number}",
                "AccountId": account,
                "AwsRegion": Filters["AwsRegion"],
                "Compliance": {
                    "ComplianceType": "NON_COMPLIANT" if number < FAILING else "COMPLIANT"
                },
            }
            for account in ACCOUNTS
            for number in range(RULES)
        ]
        for some in _paged(rules, 1000):
            yield {"AggregateComplianceByConfigRules": some}

    def get_aggregate_compliance_details_by_config_rule(
        self,
        ConfigRuleName: str,  # noqa: N803  # as above
        AccountId: str,  # noqa: N803  # as above
        AwsRegion: str,  # noqa: N803  # as above
        **_: Any,
    ) -> Pages:
        qualifier = {
            "ConfigRuleName": ConfigRuleName,
            "ResourceType": "AWS::EC2::VPC",
            "ResourceId": "vpc-1",
        }
        result = {
            "EvaluationResultIdentifier": {"EvaluationResultQualifier": qualifier},
            "ComplianceType": "NON_COMPLIANT",
            "ResultRecordedTime": BEGUN,
        }
        yield {
            "AggregateEvaluationResults": [
                result | {"AccountId": AccountId, "AwsRegion": AwsRegion}
            ]
        }


@dataclass
class Caller:
    """A session that is allowed everything."""

    aws: Aws
    account_id: str = ACCOUNTS[0]

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return self.aws.client(service, region)


def measure() -> Iterator[str]:
    """Two lines; the work has a process of its own, so that its memory can be told."""
    with TemporaryDirectory() as place:
        told = subprocess.run(
            [sys.executable, __file__, place], check=True, capture_output=True, text=True
        )
    yield from told.stdout.splitlines()


def work(directory: Path) -> None:
    """Read twice, and print calls, CPU seconds and peak memory in megabytes."""
    aws = Aws(_made())
    session = cast("Session", Caller(aws))
    accounts = tuple(Account(a, a, "", "ACTIVE") for a in ACCOUNTS)
    targets = tuple(Target(a, r) for a in ACCOUNTS for r in REGIONS)
    organization = Organization("o-bench", ACCOUNTS[0], accounts)
    scope = reading.Scope(
        session, organization, targets, lambda _: session, "eu-west-1", "baseline"
    )
    kept = Kept(directory)
    first = _read(scope, kept, aws)
    for finding in list(aws.findings["eu-west-1"].values())[:CHANGED]:
        finding["UpdatedAt"] = (BEGUN + timedelta(days=60)).isoformat()
    again = _read(scope, kept, aws)
    start = time.process_time()
    places = {Place(tool, t.account_id, t.region) for tool in reading.TOOLS for t in targets}
    many = sum(1 for _ in found.findings(kept, {}, places))
    told = time.process_time() - start
    kept.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"first reading: {first}; again, {CHANGED} findings changed: {again}")
    print(f"{many:,} findings and verdicts told in {told:.1f} s; peak memory {memory:.0f} MB")


def _read(scope: reading.Scope, kept: Kept, aws: Aws) -> str:
    aws.calls.clear()
    start = time.process_time()
    reading.read(scope, kept, lambda *_: None)
    seconds = time.process_time() - start
    config = sum(n for name, n in aws.calls.items() if "config" in name)
    guardduty = aws.calls.total() - config - aws.calls["list_delegated_administrators"]
    assert not any(answer.reason for answer in kept.answers().values())
    return (
        f"GuardDuty {guardduty:,} calls ({guardduty / len(REGIONS):.0f} a region),"
        f" Config {config:,}, {seconds:.0f} s of CPU"
    )


def _made() -> dict[str, dict[str, dict[str, Any]]]:
    findings: dict[str, dict[str, dict[str, Any]]] = {region: {} for region in REGIONS}
    kinds = list(SAMPLES)
    for number in range(FINDINGS):
        region = REGIONS[number % len(REGIONS)]
        made = sample(
            kinds[number % len(kinds)],
            finding_id=f"{number:032x}",
            account_id=ACCOUNTS[number % len(ACCOUNTS)],
            region=region,
            detector_id="d" * 32,
            at=(BEGUN + timedelta(seconds=40 * number)).isoformat(),
        )
        made["Service"] |= FILLER
        findings[region][made["Id"]] = made
    return findings


def _paged(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    yield from (items[start : start + size] for start in range(0, max(1, len(items)), size))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
