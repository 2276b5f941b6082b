"""The real Prowler and the real ScoutSuite, against the simulated organization over HTTP."""

import contextlib
import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.audit.environments import default_directory
from baseline.simulation import Blueprint, Fault, Simulation
from baseline.simulation.misconfigurations import MISCONFIGURATIONS, Misconfiguration
from given_terminal import Ran

pytestmark = pytest.mark.tools

# Where the tools are, or are installed: minutes the first time, nothing after.
TOOLS_DIR = os.environ.get("BASELINE_TOOLS") or str(default_directory())
ACCOUNTS = {"production": "400000000004", "development": "600000000006"}
# Six are there anyway.
EXTRA = 6
SERVICES = ("iam", "s3", "ec2", "vpc", "cloudtrail", "guardduty")
# What is denied in development: ScoutSuite's VPC rules read the last two by way of EC2's pages.
DENIED = (
    *(("guardduty", "*"), ("s3", "GetBucketPolicy")),
    *(("ec2", "DescribeNetworkAcls"), ("ec2", "DescribeFlowLogs")),
)
REGION = "eu-west-1"
LIMITS = [f"--region={REGION}", *(f"--service={service}" for service in SERVICES)]


@dataclass(frozen=True)
class Audited:
    """What the audit of twelve accounts left; calls were denied in development.

    ``plainly`` are the reports of another audit, by Prowler without warm workers, of ``ACCOUNTS``.
    """

    ran: Ran
    reports: Path
    plainly: Path

    def scan(self, tool: str, account: str) -> dict[str, Any]:
        (found,) = (r for r in self.ran.rows if (r["tool"], r["account"]) == (tool, account))
        return dict(found)

    def place(self, tool: str, account: str) -> Path:
        return self.reports / str(self.scan(tool, account)["directory"])

    def findings(self, tool: str, account: str) -> list[dict[str, str]]:
        rows = _rows(self.reports / "findings.csv", ",")
        return [r for r in rows if (r["tool"], r["account_name"]) == (tool, account)]

    def scoutsuite(self, account: str) -> dict[str, Any]:
        file = "scoutsuite-results/scoutsuite_results_scoutsuite.js"
        text = (self.place("scoutsuite", account) / file).read_text()
        results: dict[str, Any] = json.loads(text.split("\n", 1)[1])
        return results


def _rows(file: Path, delimiter: str) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """One audit for all tests here: it takes minutes."""
    simulation = Simulation(Blueprint(extra_members=EXTRA))
    _let_in(simulation)
    for service, operation in DENIED:
        simulation.faults.add(Fault.parse(f"deny:{service}:{operation}:{ACCOUNTS['development']}"))
    reports = tmp_path_factory.mktemp("audit") / "reports"
    plainly = tmp_path_factory.mktemp("plainly") / "reports"
    command = ("audit", "run", *LIMITS, "--tools-dir", TOOLS_DIR, "-o", "json")
    with pytest.MonkeyPatch.context() as patch, simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        only = (*ACCOUNTS, "-p", "2", "--tool", "prowler", "--reports", str(plainly))
        _answer(*command, *only)
        code, out = _answer(*command, "--warm", "-p", "3", "--reports", str(reports))
    yield Audited(Ran(code, out, ""), reports, plainly)
    simulation.close()


def _answer(*arguments: str) -> tuple[int, str]:
    """The exit code and the answer; the fixture that captures output lives shorter than this."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = cli.run(list(arguments))
    return code, out.getvalue()


def _let_in(simulation: Simulation) -> None:
    principal = {"AWS": f"arn:aws:iam::{simulation.blueprint.main.id}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    for account in simulation.active_account_ids():
        iam = simulation.client("iam", "us-east-1", account)
        iam.create_role(RoleName="AssumableSecurityAuditRole", AssumeRolePolicyDocument=trust)
        for policy in ("SecurityAudit", "ReadOnlyAccess"):
            iam.attach_role_policy(
                RoleName="AssumableSecurityAuditRole",
                PolicyArn=f"arn:aws:iam::aws:policy/{policy}",
            )


def _planted(tool: str) -> list[tuple[Misconfiguration, str]]:
    """What is planted in the two accounts, and each check of ``tool`` that has to see it."""
    found = []
    for fault in MISCONFIGURATIONS:
        checks = fault.prowler if tool == "prowler" else fault.scoutsuite
        for check in checks if fault.account in ACCOUNTS else ():
            service = check.split(":" if tool == "scoutsuite" else "_")[0]
            if service in SERVICES and (fault.region == REGION or service in ("iam", "s3")):
                found.append((fault, check.split(":")[-1]))
    return found


@pytest.mark.parametrize("tool", ["prowler", "scoutsuite"])
def test_every_planted_fault_is_found(audited: Audited, tool: str) -> None:
    planted = _planted(tool)
    assert len(planted) > 8
    missed = [
        (fault.what, check)
        for fault, check in planted
        if not any(
            f["check"] == check and f["status"] == "FAIL"
            for f in audited.findings(tool, fault.account)
        )
    ]
    assert missed == []


def test_both_tools_audit_every_account(audited: Audited) -> None:
    """Calls were denied in one account; every other scan is complete."""
    assert len(audited.ran.rows) == 24
    assert len({r["account_id"] for r in audited.ran.rows}) == 12
    incomplete = {
        (r["account"], r["status"]) for r in audited.ran.rows if r["status"] != "complete"
    }
    assert incomplete == {("development", "partial")}
    for account in {r["account"] for r in audited.ran.rows}:
        results = audited.scoutsuite(account)
        assert results["account_id"] == audited.scan("scoutsuite", account)["account_id"]
        assert results["services"]["ec2"]["regions_count"] == 1


def test_the_merged_result_is_what_the_tools_say_one_by_one(audited: Audited) -> None:
    """What they wrote is read here without our readers; a PASS may have become UNKNOWN."""
    for account in {r["account"] for r in audited.ran.rows}:
        for tool, said in (
            ("prowler", _said_by_prowler(audited, account)),
            ("scoutsuite", _said_by_scoutsuite(audited, account)),
        ):
            rows = audited.findings(tool, account)
            merged = Counter(r["status"] for r in rows)
            merged["PASS"] += sum(r["status"] == "UNKNOWN" and r["severity"] != "" for r in rows)
            del merged["UNKNOWN"]
            assert +merged == said, (tool, account)
            scan = audited.scan(tool, account)
            assert (scan["fail"], scan["could_not_look"]) == (
                said["FAIL"],
                sum(r["status"] == "UNKNOWN" for r in rows),
            )


def _said_by_prowler(audited: Audited, account: str) -> Counter[str]:
    """Its rows by status, and a PASS for each check that found no resource."""
    place = audited.place("prowler", account)
    own = _rows(place / "prowler.csv", ";")
    assert {r["ACCOUNT_UID"] for r in own} == {audited.scan("prowler", account)["account_id"]}
    said = Counter("MUTED" if r["MUTED"] == "True" else r["STATUS"] for r in own)
    log = re.sub(r"\x1b\[[0-9;]*m", "", (place / "log.txt").read_text())
    said["PASS"] += log.count("INFO There are no resources\n")
    with_rows = len({r["CHECK_ID"] for r in own})
    assert with_rows + log.count("INFO There are no resources\n") == log.count("\nCheck ID: ")
    return said


def _said_by_scoutsuite(audited: Audited, account: str) -> Counter[str]:
    """Its flagged items, and a PASS for each rule that flagged none."""
    services = audited.scoutsuite(account)["services"].values()
    flagged = [r["flagged_items"] for s in services for r in (s.get("findings") or {}).values()]
    return +Counter(FAIL=sum(flagged), PASS=flagged.count(0))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_warm_worker_finds_what_a_plain_program_finds(audited: Audited, account: str) -> None:
    def told(place: Path) -> set[tuple[str, ...]]:
        columns = ("FINDING_UID", "STATUS", "MUTED", "SEVERITY", "COMPLIANCE", "RESOURCE_UID")
        return {tuple(r[c] for c in columns) for r in _rows(place / "prowler.csv", ";")}

    (plainly,) = (audited.plainly / "prowler" / ACCOUNTS[account]).iterdir()
    assert len(told(plainly)) > 20
    assert told(audited.place("prowler", account)) == told(plainly)


def test_a_warm_worker_meets_the_obstacles_that_a_plain_program_meets(audited: Audited) -> None:
    """And so the same is UNKNOWN, for the same reasons, where calls were denied."""

    def unknown(reports: Path) -> list[tuple[str, ...]]:
        columns = ("service", "check", "region", "detail")
        return sorted(
            tuple(r[c] for c in columns)
            for r in _rows(reports / "findings.csv", ",")
            if (r["tool"], r["account_name"], r["status"]) == ("prowler", "development", "UNKNOWN")
        )

    assert len(unknown(audited.plainly)) > 20
    assert unknown(audited.reports) == unknown(audited.plainly)


def test_what_rests_on_a_denied_call_is_unknown_and_nothing_else(audited: Audited) -> None:
    """s3:GetBucketPolicy was denied in development: its policy may be anything."""
    found = audited.findings("prowler", "development")
    status = {f["check"]: f["status"] for f in found if f["service"] == "s3"}
    assert status["s3_bucket_policy_public_write_access"] == "UNKNOWN"
    assert status["s3_bucket_cross_account_access"] == "UNKNOWN"
    known = set(status.values()) - {"UNKNOWN"}
    assert known == {"PASS", "FAIL"}
    mine = next(f for f in found if f["check"] == "s3_bucket_policy_public_write_access")
    assert mine["detail"].startswith("denied (")
    assert "GetBucketPolicy" in mine["detail"]


def test_no_rule_of_scoutsuite_passes_that_reads_pages_which_were_denied(audited: Audited) -> None:
    """It names EC2, whose pages they are, and passes the VPC rules: nothing was there."""
    status = {
        account: Counter(
            f["status"] for f in audited.findings("scoutsuite", account) if f["service"] == "vpc"
        )
        for account in ACCOUNTS
    }
    assert status["development"]["PASS"] == 0
    assert status["development"]["UNKNOWN"] > 5
    assert status["production"]["PASS"] > 0
    assert status["production"]["UNKNOWN"] == 0


def test_denied_calls_are_told_in_that_account_alone(audited: Audited) -> None:
    """In development: a partial result, and exit code 1."""
    assert audited.ran.code == 1
    assert audited.scan("prowler", "production")["status"] == "complete"
    denied = audited.scan("prowler", "development")
    assert denied["status"] == "partial"
    assert "denied" in denied["reason"]
    assert "guardduty" in denied["reason"]
    unknown = [f for f in audited.findings("prowler", "development") if f["status"] == "UNKNOWN"]
    assert any(f["service"] == "guardduty" and "denied" in f["detail"] for f in unknown)


def test_the_tools_own_reports_are_there_and_linked(audited: Audited) -> None:
    page = (audited.reports / "index.html").read_text()
    for tool in ("prowler", "scoutsuite"):
        for account in ACCOUNTS:
            own = f"{audited.scan(tool, account)['directory']}/{tool}.html"
            assert (audited.reports / own).is_file()
            assert f'href="{own}"' in page
