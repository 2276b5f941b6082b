"""What GuardDuty and Config say becomes findings, of samples that others recorded."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baseline.findings import config, guardduty

DETECTED = {
    "accountId": "111111111111", "region": "eu-west-1", "partition": "aws", "id": "f1",
    "type": "Recon:EC2/PortProbeUnprotectedPort", "severity": 2,
    "service": {"archived": False, "count": 3, "eventFirstSeen": "2026-01-01T00:00:00Z"},
    "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-1"}},
}  # fmt: skip


@pytest.mark.data
def test_answers_of_guardduty_s_api_are_read_whole(third_party: Path) -> None:
    answers = json.loads((third_party / "guardduty/cartography/guardduty.json").read_text())
    found = [guardduty.finding(f) for f in answers["GET_FINDINGS"]["Findings"]]
    assert Counter((f.service, f.severity) for f in found) == {
        ("ec2", "high"): 1, ("s3", "medium"): 1, ("iam", "high"): 2, ("kubernetes", "high"): 1,
    }  # fmt: skip
    assert {f.account_id for f in found} == {"123456789012"}
    assert {f.status for f in found} == {"FAIL"}
    assert [f.resource for f in found] == [
        "arn:aws:ec2:us-east-1:123456789012:instance/i-99999999",
        "arn:aws:s3:::test-bucket",
        "arn:aws:iam::123456789012:user/GeneratedFindingUserName",
        "GeneratedFindingRoleSession",
        "arn:aws:eks:us-east-1:123456789012:cluster/test-cluster",
    ]
    assert (found[0].first_seen, found[0].last_seen) == (
        "2023-01-15T10:30:00Z", "2023-01-15T10:45:00Z",
    )  # fmt: skip
    assert (
        json.loads(found[0].evidence)["resource"]["InstanceDetails"]["InstanceType"] == "t2.micro"
    )


@pytest.mark.data
def test_findings_of_eventbridge_are_read_too(third_party: Path) -> None:
    lines = (third_party / "cloudtrail/shapes/eventbridge.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    details = [e["detail"] for e in events if e.get("detail-type") == "GuardDuty Finding"]
    found = [guardduty.finding(detail) for detail in details]
    assert [(f.check, f.severity) for f in found] == [
        ("Backdoor:EC2/C&CActivity.B!DNS", "medium"),
        ("UnauthorizedAccess:IAMUser/TorIPCaller", "medium"),
    ]


@pytest.mark.data
def test_recorded_answers_of_config_s_rules_are_read_whole(third_party: Path) -> None:
    found = [config.finding(r, "1" * 12, "us-east-1") for r in recorded(third_party)]
    assert Counter(f.status for f in found) == {"FAIL": 6}
    assert Counter(f.service for f in found) == {
        "cloudtrail": 3,
        "ec2": 1,
        "iam": 1,
        "apigateway": 1,
    }
    assert (found[0].resource, found[0].last_seen) == (
        "vol-0c6efd2a9f5677a03", "2018-07-11T08:20:23Z",
    )  # fmt: skip
    assert len({f.key for f in found}) == 6


def recorded(third_party: Path) -> Iterator[dict[str, Any]]:
    for line in (third_party / "api/recordings.jsonl").read_text().splitlines():
        call = json.loads(line)
        if call["call"].startswith("config.GetComplianceDetailsByConfigRule"):
            for result in call["data"]["EvaluationResults"]:
                at = {k: v for k, v in result["ResultRecordedTime"].items() if k != "__class__"}
                yield result | {"ResultRecordedTime": datetime(**at, tzinfo=UTC)}


def test_an_archived_finding_does_not_count_and_says_why() -> None:
    active = guardduty.finding(DETECTED)
    archived = guardduty.finding(DETECTED | {"service": {"archived": True}})
    assert (active.status, active.muted) == ("FAIL", "")
    assert (archived.status, archived.muted) == ("ARCHIVED", "archived in GuardDuty")
    assert active.key == archived.key


@pytest.mark.parametrize(
    ("number", "severity"),
    [(0.5, "informational"), (1, "low"), (3.9, "low"), (4, "medium"), (6.9, "medium"),
     (7, "high"), (8.9, "high"), (9, "critical"), (10, "critical")],
)  # fmt: skip
def test_severities_are_guardduty_s_bands(number: float, severity: str) -> None:
    assert guardduty.finding(DETECTED | {"severity": number}).severity == severity


@pytest.mark.parametrize(
    ("compliance", "status"),
    [("COMPLIANT", "PASS"), ("NON_COMPLIANT", "FAIL"), ("INSUFFICIENT_DATA", "UNKNOWN")],
)
def test_the_aggregator_s_results_name_their_own_account(compliance: str, status: str) -> None:
    found = config.finding(
        {
            "EvaluationResultIdentifier": {
                "EvaluationResultQualifier": {
                    "ConfigRuleName": "restricted-ssh",
                    "ResourceType": "AWS::EC2::SecurityGroup",
                    "ResourceId": "sg-1",
                }
            },
            "ComplianceType": compliance,
            "AccountId": "222222222222",
            "AwsRegion": "eu-west-1",
        }
    )
    assert (found.account_id, found.region, found.service, found.status) == (
        "222222222222", "eu-west-1", "ec2", status,
    )  # fmt: skip
    assert "sg-1 is " in found.detail
