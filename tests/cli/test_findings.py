"""``baseline findings``: what GuardDuty and Config found anywhere, and where nobody could look."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from baseline import cli
from baseline.findings import history
from baseline.findings.look import READING, Place
from baseline.simulation import Blueprint, Fault, Simulation
from baseline.simulation.organizations import backend
from given_terminal import Baseline, Ran, at_a_terminal

MAIN, SECURITY = "100000000001", "300000000003"
PRODUCTION, PAYMENTS, DEVELOPMENT = "400000000004", "500000000005", "600000000006"
HOME, AWAY = "eu-west-1", "us-east-1"
FILE = f"organization: o-acme0000000\nhome_region: {HOME}\nregions: [{HOME}, {AWAY}]\n"
PORT_PROBE = "Recon:EC2/PortProbeUnprotectedPort"
MINING = "CryptoCurrency:EC2/BitcoinTool.B!DNS"
SSH = "baseline-restricted-ssh"
AN_HOUR = 3600
HOSTILE = '=HYPERLINK("http://evil.example")\x1b]0;owned\x07\x1b[2J\u202e<script>alert(1)</script>'

LIST = ("findings", "list", "--no-progress", "-o", "json")


@pytest.fixture(scope="module")
def founded() -> bytes:
    """A simulated organization with the whole baseline, in two regions."""
    simulation = Simulation(Blueprint(misconfigured=False))
    with (
        pytest.MonkeyPatch.context() as patch,
        simulation.serve() as url,
        TemporaryDirectory() as directory,
    ):
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        file = Path(directory, "baseline.yaml")
        file.write_text(FILE)
        assert cli.run(["rollout", "deploy", "--config", str(file), "--yes", "--no-progress"]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def baseline(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Baseline]:
    (tmp_path / "baseline.yaml").write_text(FILE)
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        yield run


def raised(
    organization: Simulation, *types: str, account: str = PRODUCTION, region: str = AWAY
) -> None:
    """GuardDuty finds something of these types in an account and region."""
    client = organization.client("guardduty", region, account)
    (detector,) = client.list_detectors()["DetectorIds"]
    for some in (types[start : start + 50] for start in range(0, len(types), 50)):
        client.create_sample_findings(DetectorId=detector, FindingTypes=list(some))


def administrator(organization: Simulation, region: str = AWAY) -> tuple[Any, str]:
    """GuardDuty in the main account, and its detector there."""
    client = organization.client("guardduty", region, MAIN)
    return client, client.list_detectors()["DetectorIds"][0]


def opened_ssh(organization: Simulation, account: str = PRODUCTION, name: str = "bastion") -> str:
    """A security group that anybody reaches by SSH."""
    ec2 = organization.client("ec2", AWAY, account)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = ec2.create_security_group(GroupName=name, Description="-", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=made, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return str(made)


def calls(organization: Simulation) -> list[tuple[str, str, str]]:
    """Fills up with account, region and operation of every call to GuardDuty and Config."""
    seen: list[tuple[str, str, str]] = []
    organization.observers.append(
        lambda call, _answer, _refusal: (
            seen.append((call.account_id, call.region, call.operation))
            if call.service in ("guardduty", "config") and not call.internal
            else None
        )
    )
    return seen


def types(ran: Ran) -> list[str]:
    return sorted(row["type"] for row in ran.rows)


def test_a_finding_in_a_member_shows_in_the_main_account_and_in_the_list(
    organization: Simulation, baseline: Baseline
) -> None:
    """Where and what it is, how bad, and whose; from the main account alone."""
    raised(organization, MINING)
    client, detector = administrator(organization)
    (there,) = client.list_findings(DetectorId=detector)["FindingIds"]
    seen = calls(organization)
    ran = baseline(*LIST, "--tool", "guardduty")
    assert ran.code == 0, ran.err
    (row,) = ran.rows
    assert row["id"] == there
    assert (row["account"], row["account_name"], row["region"]) == (PRODUCTION, "production", AWAY)
    assert (row["type"], row["severity"], row["ou"]) == (MINING, "high", "/Workloads/Production")
    assert row["resource"] == f"arn:aws:ec2:{AWAY}:{PRODUCTION}:instance/i-99999999"
    assert {account for account, _, _ in seen} == {MAIN}


def test_a_resource_made_non_compliant_shows_through_the_aggregator(
    organization: Simulation, baseline: Baseline
) -> None:
    """No member is asked."""
    seen = calls(organization)
    asked = (*LIST, "--tool", "config", "--type", SSH, "--account", "production")
    assert baseline(*asked).rows == []
    group = opened_ssh(organization)
    ran = baseline(*asked)
    (row,) = ran.rows
    assert (row["status"], row["account"], row["region"]) == ("FAIL", PRODUCTION, AWAY)
    assert (row["resource"], row["resource_type"]) == (group, "AWS::EC2::SecurityGroup")
    assert "non-compliant" in row["detail"]
    assert {account for account, _, _ in seen} == {MAIN}
    organization.client("ec2", AWAY, PRODUCTION).delete_security_group(GroupId=group)
    assert baseline(*asked).rows == []


@pytest.mark.parametrize(
    "operation",
    [
        None,
        "DescribeConfigurationAggregators",
        "DescribeConfigurationAggregatorSourcesStatus",
        "DescribeAggregateComplianceByConfigRules",
    ],
)
def test_without_an_aggregator_each_account_and_region_is_asked(
    organization: Simulation, baseline: Baseline, operation: str | None
) -> None:
    """And what is found is the same, but for the time."""
    opened_ssh(organization)
    only = (*LIST, "--tool", "config", "--account", "production")
    before = baseline(*only)
    if operation:
        organization.faults.add(Fault("deny", "config", operation, MAIN, HOME))
    else:
        organization.client("config", HOME, MAIN).delete_configuration_aggregator(
            ConfigurationAggregatorName="baseline"
        )
    seen = calls(organization)
    after = baseline(*only, "--anew")
    assert (after.code, after.rows) == (0, before.rows)
    places = {(a, r) for a, r, operation in seen if operation == "DescribeComplianceByConfigRule"}
    assert places == {(PRODUCTION, HOME), (PRODUCTION, AWAY)}


def test_what_the_aggregator_could_not_read_is_asked_there(
    organization: Simulation, baseline: Baseline
) -> None:
    """A place that refuses everybody is UNKNOWN, however the aggregator fares elsewhere."""
    opened_ssh(organization)
    organization.faults.add(Fault("deny", "config", None, DEVELOPMENT, AWAY))
    seen = calls(organization)
    ran = baseline(*LIST, "--tool", "config", "--type", SSH)
    assert ran.code == 1
    found, unseen = ran.rows
    assert (found["status"], found["account"]) == ("FAIL", PRODUCTION)
    assert (unseen["status"], unseen["account"], unseen["region"]) == ("UNKNOWN", DEVELOPMENT, AWAY)
    assert "AccessDenied" in unseen["detail"]
    assert {(a, r) for a, r, _ in seen if a != MAIN} == {(DEVELOPMENT, AWAY)}


def test_a_denied_region_could_not_be_looked_at(
    organization: Simulation, baseline: Baseline
) -> None:
    """UNKNOWN in every form of the answer, and in the exit code; the other region is told."""
    raised(organization, PORT_PROBE, region=HOME)
    organization.faults.add(Fault("deny", "guardduty", "ListFindings", MAIN, AWAY))
    ran = baseline(*LIST, "--tool", "guardduty")
    assert ran.code == 1
    statuses = Counter((row["status"], row["region"]) for row in ran.rows)
    assert statuses == {("FAIL", HOME): 1, ("UNKNOWN", AWAY): 6}
    assert all("ListFindings" in row["detail"] for row in ran.rows if row["region"] == AWAY)
    table = baseline("findings", "list", "--tool", "guardduty", "--no-progress")
    assert "6 accounts us-east-1" in table.out
    assert "could not look" in table.out
    assert "is not authorized to perform: guardduty:ListFindings" in table.err
    assert "6 of 12 places could be read" in table.err
    summary = baseline("findings", "summary", "--by", "region", "--kept", "-o", "json")
    assert summary.code == 1
    assert {row["region"]: (row["low"], row["unread"]) for row in summary.rows} == {
        HOME: (1, 0),
        AWAY: (0, 6),
    }


def test_where_nothing_can_be_read_the_exit_code_is_2(
    organization: Simulation, baseline: Baseline
) -> None:
    """Every place says why; nothing falls back to the caller's own session."""
    organization.faults.add(Fault("deny", "sts", "AssumeRole"))
    ran = baseline(*LIST, "--account", "production")
    assert ran.code == 2
    assert {row["status"] for row in ran.rows} == {"UNKNOWN"}
    assert len(ran.rows) == 4
    everywhere = baseline("findings", "list", "--no-progress")
    assert everywhere.code == 2
    assert "6 accounts x 2 regions" in everywhere.out, "what is alike is said once"
    (said,) = (line for line in everywhere.err.splitlines() if "guardduty" in line)
    report = baseline("report", "--refresh", "--no-progress")
    assert (report.code, said in report.err) == (1, True)
    assert "UNKNOWN, as of 20" in report.err, "nor was anything rolled out that could be proven"


def test_what_was_read_before_stays_and_is_said_to_be_of_then(
    organization: Simulation, baseline: Baseline
) -> None:
    """A region that is denied later hides nothing."""
    raised(organization, PORT_PROBE)
    assert baseline(*LIST, "--tool", "guardduty").code == 0
    organization.faults.add(Fault("deny", "guardduty", None, MAIN, AWAY))
    ran = baseline(*LIST, "--tool", "guardduty")
    found = [row for row in ran.rows if row["status"] == "FAIL"]
    unseen = [row for row in ran.rows if row["status"] == "UNKNOWN"]
    assert (ran.code, len(found), len(unseen)) == (1, 1, 6)
    assert "what is shown is of 20" in unseen[0]["detail"]


def test_an_account_that_is_no_member_is_unknown(
    organization: Simulation, baseline: Baseline
) -> None:
    """Its findings would come to nobody; nor are there any where monitoring is suspended."""
    client, detector = administrator(organization)
    client.disassociate_members(DetectorId=detector, AccountIds=[PRODUCTION])
    client.stop_monitoring_members(DetectorId=detector, AccountIds=[PAYMENTS])
    ran = baseline(*LIST, "--tool", "guardduty")
    assert ran.code == 1
    said = {row["account"]: row["detail"] for row in ran.rows}
    assert said.keys() == {PRODUCTION, PAYMENTS}
    assert f"is Removed and not a member of GuardDuty's administrator {MAIN}" in said[PRODUCTION]
    assert "suspended" in said[PAYMENTS]


def test_a_delegated_administrator_is_asked_instead(
    organization: Simulation, baseline: Baseline
) -> None:
    """Through its audit role, since the organization says who it is."""
    main, detector = administrator(organization)
    members = [m["AccountId"] for m in main.list_members(DetectorId=detector)["Members"]]
    main.disassociate_members(DetectorId=detector, AccountIds=members)
    main.enable_organization_admin_account(AdminAccountId=SECURITY)
    security = organization.client("guardduty", AWAY, SECURITY)
    (own,) = security.list_detectors()["DetectorIds"]
    details = [{"AccountId": PRODUCTION, "Email": "production@acme.example"}]
    security.create_members(DetectorId=own, AccountDetails=details)
    raised(organization, PORT_PROBE)
    seen = calls(organization)
    ran = baseline(*LIST, "--tool", "guardduty", "--region", AWAY, "--account", "production")
    assert (ran.code, types(ran)) == (0, [PORT_PROBE])
    assert {account for account, _, _ in seen} == {SECURITY}


def test_a_second_reading_asks_only_for_what_changed(
    organization: Simulation, baseline: Baseline
) -> None:
    """Of 120 findings none is got again but the latest; of Config only the rule that changed."""
    raised(organization, *(f"Recon:EC2/Old{number}" for number in range(119)))
    organization.advance(AN_HOUR)
    raised(organization, PORT_PROBE)
    opened_ssh(organization)
    seen = calls(organization)
    assert len(baseline(*LIST).rows) > 120
    first = Counter(operation for _, region, operation in seen if region == AWAY)
    assert (first["ListFindings"], first["GetFindings"]) == (3, 3)
    config = Counter(operation for _, _, operation in seen)
    assert config["GetAggregateComplianceDetailsByConfigRule"] > 6

    organization.advance(AN_HOUR)
    raised(organization, MINING)
    opened_ssh(organization, name="another")
    seen.clear()
    ran = baseline(*LIST)
    assert {PORT_PROBE, MINING} < set(types(ran))
    again = Counter(operation for _, region, operation in seen if region == AWAY)
    assert again == {
        "ListDetectors": 1, "GetDetector": 1, "ListMembers": 1, "ListFindings": 1,
        "GetFindings": 1, "GetFindingsStatistics": 1,
    }  # fmt: skip
    config = Counter(operation for _, _, operation in seen)
    assert config["GetAggregateComplianceDetailsByConfigRule"] == 1


def test_a_rule_with_as_many_others_is_asked_again_after_a_day(
    organization: Simulation, baseline: Baseline
) -> None:
    """Config dates no verdict: one resource mended and another broken look alike in between."""
    first = opened_ssh(organization)
    asked = (*LIST, "--tool", "config", "--type", SSH, "--account", "production")
    assert [row["resource"] for row in baseline(*asked).rows] == [first]
    ec2 = organization.client("ec2", AWAY, PRODUCTION)
    ec2.delete_security_group(GroupId=first)
    second = opened_ssh(organization)
    assert [row["resource"] for row in baseline(*asked).rows] == [first]
    with closing(sqlite3.connect("reports/aws.sqlite")) as kept, kept:
        kept.execute("UPDATE rules SET read = '2020-01-01T00:00:00Z'")
    assert [row["resource"] for row in baseline(*asked).rows] == [second]
    ec2.delete_security_group(GroupId=second)
    third = opened_ssh(organization)
    assert [row["resource"] for row in baseline(*asked, "--anew").rows] == [third]


def test_archived_findings_are_kept_apart(organization: Simulation, baseline: Baseline) -> None:
    """Archiving does not count as an update, and is noticed; so is bringing one back."""
    raised(organization, PORT_PROBE)
    organization.advance(AN_HOUR)
    raised(organization, MINING)
    guardduty = (*LIST, "--tool", "guardduty")
    assert types(baseline(*guardduty)) == sorted([MINING, PORT_PROBE])
    client, detector = administrator(organization)
    criteria = {"Criterion": {"type": {"Equals": [PORT_PROBE]}}}
    ids = client.list_findings(DetectorId=detector, FindingCriteria=criteria)["FindingIds"]
    client.archive_findings(DetectorId=detector, FindingIds=ids)
    ran = baseline(*guardduty)
    assert types(ran) == [MINING]
    assert "Findings: 1 failing, 1 archived;" in ran.err
    (row,) = baseline(*guardduty, "--archived").rows
    assert (row["type"], row["status"], row["muted"]) == (
        PORT_PROBE, "ARCHIVED", "archived in GuardDuty",
    )  # fmt: skip
    assert types(baseline(*guardduty, "--all")) == [MINING]
    client.unarchive_findings(DetectorId=detector, FindingIds=ids)
    assert types(baseline(*guardduty)) == sorted([MINING, PORT_PROBE])


def test_what_guardduty_has_forgotten_is_forgotten(
    organization: Simulation, baseline: Baseline
) -> None:
    """It keeps findings for 90 days."""
    raised(organization, PORT_PROBE)
    organization.advance(AN_HOUR)
    raised(organization, MINING)
    assert len(baseline(*LIST, "--tool", "guardduty").rows) == 2
    there = organization.service("guardduty").detectors[PRODUCTION, AWAY].findings
    del there[next(one for one, finding in there.items() if finding["Type"] == PORT_PROBE)]
    assert types(baseline(*LIST, "--tool", "guardduty")) == [MINING]


def test_a_reading_that_broke_off_goes_on_where_it_was(
    organization: Simulation, baseline: Baseline
) -> None:
    """What had come by then is kept, the oldest first, and not got again."""
    for number in range(3):
        raised(organization, *(f"Recon:EC2/Day{number}.{one}" for one in range(50)))
        organization.advance(AN_HOUR)
    got: list[int] = []

    def break_off(call: Any, *_: object) -> None:
        if call.operation == "GetFindings":
            got.append(len(call.parameters["FindingIds"]))
            if len(got) == 2:
                organization.faults.add(Fault("timeout", "guardduty", None, MAIN, AWAY))

    organization.observers.append(break_off)
    only = (*LIST, "--tool", "guardduty", "--region", AWAY)
    assert baseline(*only).code == 2
    organization.faults.clear()
    ran = baseline(*only)
    assert (ran.code, len(ran.rows)) == (0, 150)
    assert got == [50, 50, 50, 50], "of the second fifty it could not be known that they came"


def test_an_interrupted_reading_keeps_what_it_has(
    organization: Simulation, baseline: Baseline
) -> None:
    """Ctrl-C waits for no more than the calls that are under way."""
    raised(organization, *(f"Recon:EC2/Kind{one}" for one in range(200)))
    got: list[int] = []

    def interrupt(call: Any, *_: object) -> None:
        if call.operation == "GetFindings":
            got.append(len(call.parameters["FindingIds"]))
            if len(got) == 1:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.5)  # until the main thread has noticed

    organization.observers.append(interrupt)
    only = (*LIST, "--tool", "guardduty", "--region", AWAY)
    assert baseline(*only).code == 130
    assert len(got) < 4
    assert not list(Path("reports").glob("history/*"))
    ran = baseline(*only)
    assert (ran.code, len(ran.rows)) == (0, 200)


def test_a_delegated_administrator_may_ask_itself(
    organization: Simulation, baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As whoever it is; what it is not let into is UNKNOWN."""
    main, detector = administrator(organization)
    members = [m["AccountId"] for m in main.list_members(DetectorId=detector)["Members"]]
    main.disassociate_members(DetectorId=detector, AccountIds=members)
    main.enable_organization_admin_account(AdminAccountId=SECURITY)
    raised(organization, PORT_PROBE, account=SECURITY)
    keys = organization.client("sts", HOME, MAIN).assume_role(
        RoleArn=f"arn:aws:iam::{SECURITY}:role/OrganizationAccountAccessRole",
        RoleSessionName="security",
    )["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    ran = baseline(*LIST, "--region", AWAY, "--account", "security-tooling", "--account", MAIN)
    assert ran.code == 1
    found = {(row["tool"], row["status"], row["account"]) for row in ran.rows}
    assert {
        ("guardduty", "FAIL", SECURITY), ("guardduty", "UNKNOWN", MAIN),
        ("config", "FAIL", SECURITY), ("config", "UNKNOWN", MAIN),
    } == found  # fmt: skip


FILTERS: Iterable[tuple[tuple[str, ...], int]] = [
    ((), 3),
    (("--account", "production"), 2),
    (("--not-account", "production"), 1),
    (("--ou", "/Workloads/Production"), 2),
    (("--ou", "/Workloads"), 3),
    (("--region", HOME), 1),
    (("--severity", "high"), 1),
    (("--severity", "low"), 3),
    (("--type", "*:ec2/*"), 2),
    (("--type", PORT_PROBE, "--type", "Policy:*"), 2),
    (("--resource", "*:instance/*"), 2),
    (("--resource", "nothing"), 0),
    (("--since", "1h"), 3),
    (("--since", "2020-01-01", "--until", "2020-01-02T12:00"), 0),
    (("--until", "2099-12-31"), 3),
    (("--archived",), 0),
    (("--limit", "2"), 2),
]


def test_filters_choose_among_what_is_kept(organization: Simulation, baseline: Baseline) -> None:
    """Each by itself; AWS is asked once."""
    raised(organization, PORT_PROBE)
    raised(organization, "Recon:EC2/Portscan", region=HOME)
    raised(organization, "Policy:IAMUser/RootCredentialUsage", account=DEVELOPMENT)
    there = organization.service("guardduty").detectors[PRODUCTION, AWAY].findings
    for finding in there.values():
        finding["Severity"] = 9.5
    assert baseline(*LIST).code == 0
    organization.faults.add(Fault("deny"))
    kept = (*LIST, "--tool", "guardduty", "--kept")
    counts = {given: len(baseline(*kept, *given).rows) for given, _ in FILTERS}
    assert counts == dict(FILTERS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--since", "yesterday"), "is no time"),
        (("--since", "1d", "--until", "3d"), "Swap them"),
        (("--until", "9999-12-31"), "'9999-12-31' is no time"),
        (("--kept",), "nothing was read yet"),
        (("--kept", "--anew"), "exclude each other"),
        (("--region", "eu-nowhere-1"), "eu-nowhere-1"),
        (("--account", "retired"), "no active account"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    baseline: Baseline, given: tuple[str, ...], said: str
) -> None:
    ran = baseline(*LIST, *given)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_fail_on_is_about_what_is_shown(organization: Simulation, baseline: Baseline) -> None:
    raised(organization, MINING)
    asked = (*LIST, "--tool", "guardduty", "--fail-on", "high")
    assert baseline(*asked).code == 1
    assert baseline(*asked, "--account", "payments").code == 0
    assert baseline(*LIST, "--tool", "guardduty", "--fail-on", "critical").code == 0


def test_an_accepted_risk_is_muted_and_stays_visible(
    organization: Simulation, baseline: Baseline
) -> None:
    """It counts for nothing until it expires, which is said."""
    raised(organization, MINING, PORT_PROBE)
    mute = "mute: [{check: 'Crypto*', reason: a test rig, owner: anna, expires: 2999-01-01}]\n"
    Path("mute.yaml").write_text(mute)
    asked = (*LIST, "--tool", "guardduty", "--fail-on", "high")
    ran = baseline(*asked)
    assert ran.code == 0
    assert [(row["type"], row["status"]) for row in ran.rows] == [
        (PORT_PROBE, "FAIL"), (MINING, "MUTED"),
    ]  # fmt: skip
    assert ran.rows[1]["muted"] == "accepted: a test rig (anna, until 2999-01-01)"
    assert "Findings: 1 failing, 1 muted;" in ran.err
    (look,) = history.looks(Path("reports"))
    kept = {f.check: f.status for f in history.findings(look, Path("reports"))}
    assert kept == {PORT_PROBE: "FAIL", MINING: "MUTED"}
    (row, *_) = baseline("findings", "summary", "--kept", "--tool", "guardduty", "-o", "json").rows
    assert (row["high"], row["low"], row["total"], row["muted"]) == (0, 1, 1, 1)
    Path("mute.yaml").write_text(mute.replace("2999", "2020"))
    ran = baseline(*asked, "--kept")
    assert ran.code == 1
    assert "expired on 2020-01-01; 1 finding counts again" in ran.err


def test_every_reading_stays_in_the_history(organization: Simulation, baseline: Baseline) -> None:
    """What was found, where was looked, and where nobody could."""
    raised(organization, MINING)
    organization.faults.add(Fault("deny", "guardduty", "ListFindings", MAIN, HOME))
    assert baseline(*LIST).code == 1
    reports = Path("reports")
    (look,) = history.looks(reports)
    assert look.kind == READING
    assert len(look.tried) == 24
    assert set(look.tried) - set(look.looked) == {
        Place("guardduty", account, HOME)
        for account in (MAIN, "200000000002", SECURITY, PRODUCTION, PAYMENTS, DEVELOPMENT)
    }
    found = Counter((f.tool, f.status) for f in history.findings(look, reports))
    assert (found["guardduty", "FAIL"], found["guardduty", "UNKNOWN"]) == (1, 6)
    assert found["config", "FAIL"] > 1
    told = history.details(reports)
    assert told["guardduty", MINING].remediation_url.startswith("https://docs.aws.amazon.com/")
    assert "SSH" in told["config", SSH].description
    assert (reports / "aws.sqlite").stat().st_mode & 0o777 == 0o600


def test_summaries_count_by_what_is_asked(organization: Simulation, baseline: Baseline) -> None:
    """Accounts in which nothing was found have zeros, which is not the same as unread."""
    raised(organization, MINING, PORT_PROBE)
    ran = baseline("findings", "summary", "--tool", "guardduty", "-o", "json", "--no-progress")
    first, *others = ran.rows
    assert (first["account"], first["high"], first["low"], first["total"]) == (PRODUCTION, 1, 1, 2)
    assert [(row["total"], row["unread"]) for row in others] == [(0, 0)] * 5
    for by, first_row in (("ou", "/Workloads/Production"), ("type", MINING), ("region", AWAY)):
        ran = baseline("findings", "summary", "--by", by, "--kept", "--tool", "guardduty")
        assert ran.out.splitlines()[1].startswith(first_row)


def test_hostile_text_does_nothing_to_terminal_or_spreadsheet(
    organization: Simulation, baseline: Baseline
) -> None:
    """Names and tags are written by whoever has an account, and by whoever attacks it."""
    raised(organization, PORT_PROBE)
    (finding,) = organization.service("guardduty").detectors[PRODUCTION, AWAY].findings.values()
    finding["Title"] = finding["Type"] = HOSTILE
    finding["Resource"]["InstanceDetails"]["InstanceId"] = HOSTILE
    finding["Resource"]["InstanceDetails"]["Tags"] = [{"Key": "Name", "Value": HOSTILE}]
    listed = ("findings", "list", "--tool", "guardduty", "--no-progress")
    table = baseline(*listed)
    assert table.code == 0
    assert (table.out + table.err).replace("\n", "").isprintable()
    text = baseline(*listed, "-o", "csv").out
    (row,) = csv.DictReader(io.StringIO(text))
    assert text.replace("\n", "").isprintable()
    assert row["type"].startswith("'=HYPERLINK")
    assert row["title"].startswith("'=HYPERLINK")
    assert json.loads(baseline(*listed, "-o", "json").out)[0]["title"] == HOSTILE
    by_type = baseline("findings", "summary", "--by", "type", "--kept", "-o", "csv").out
    assert "'=HYPERLINK" in by_type


def test_times_are_told_in_utc(organization: Simulation, baseline: Baseline) -> None:
    raised(organization, PORT_PROBE)
    (row,) = baseline(*LIST, "--tool", "guardduty").rows
    seen = datetime.fromisoformat(row["last_seen"])
    assert abs((seen - datetime.now(UTC)).total_seconds()) < AN_HOUR


def test_the_how_to_names_every_action_that_is_needed_and_no_other(
    organization: Simulation, baseline: Baseline
) -> None:
    """Through the aggregator and without it; everybody may ask who they are."""
    raised(organization, PORT_PROBE)
    opened_ssh(organization)
    seen: set[str] = set()
    organization.observers.append(
        lambda call, *_: None if call.internal else seen.add(f"{call.service}:{call.operation}")
    )
    assert baseline(*LIST).code == 0
    organization.faults.add(Fault("error", "config", "DescribeConfigurationAggregators"))
    raised(organization, MINING)
    assert baseline(*LIST, "--anew").code == 0
    how_to = Path(__file__).parents[2] / "docs/how-to/read-findings.md"
    actions = r"(?:account|config|guardduty|organizations|sts):[A-Z]\w+"
    named = set(re.findall(actions, how_to.read_text()))
    assert named == (seen - {"sts:GetCallerIdentity"})


def test_what_is_found_and_what_nobody_could_see_stands_in_the_report(
    organization: Simulation, baseline: Baseline, tmp_path: Path
) -> None:
    assert baseline("findings", "summary", "--no-progress").code == 0
    (before,) = history.looks(tmp_path / "reports")
    raised(organization, MINING)
    group = opened_ssh(organization)
    organization.faults.add(Fault("deny", "guardduty", "ListFindings", MAIN, HOME))
    report = ("report", "--since", before.stamp, "--no-progress", "--fail-on-new", "high")
    ran = baseline(*report, "--refresh", "--format", "json", "--format", "html", "-o", "json")
    assert ran.code == 1
    assert f"Held back (new, high): guardduty {MINING} in production {AWAY} " in ran.err
    whole = json.loads((tmp_path / "reports/report/report.json").read_text())
    new = {(f["tool"], f["resource"]) for f in whole["findings"] if f["change"] == "new"}
    assert new >= {
        ("config", group),
        ("guardduty", f"arn:aws:ec2:{AWAY}:{PRODUCTION}:instance/i-99999999"),
    }
    unseen = {
        (u["source"], u["account_id"], u["region"])
        for u in whole["unseen"]
        if "ListFindings" in u["reason"]
    }
    assert len(unseen) == 6
    assert ("guardduty", PRODUCTION, HOME) in unseen
    assert {row["status"] for row in whole["coverage"]} == {"PASS"}
    assert {a["ou"] for a in whole["accounts"]} >= {"/Workloads/Production"}
    page = (tmp_path / "reports/report/report.html").read_text()
    assert "Some of it could not be looked at." in page


def test_outside_an_organization_the_account_looks_at_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the caller; what is not there is UNKNOWN."""
    simulation = Simulation(Blueprint(members=(), misconfigured=False))
    backend(MAIN).org = None  # it cannot be deleted as long as an account is in it
    simulation.client("guardduty", AWAY, MAIN).create_detector(Enable=True)
    raised(simulation, PORT_PROBE, account=MAIN)
    with at_a_terminal(simulation, monkeypatch, capsys) as baseline:
        ran = baseline(*LIST, "--region", AWAY)
    simulation.close()
    assert ran.code == 1
    assert [(row["tool"], row["status"]) for row in ran.rows] == [
        ("guardduty", "FAIL"), ("config", "UNKNOWN"),
    ]  # fmt: skip
    assert "Config does not record there" in ran.rows[1]["detail"]
