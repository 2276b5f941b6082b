"""The real Prowler and the real ScoutSuite, against the simulated organization over HTTP."""

import contextlib
import csv
import io
import json
import os
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
SERVICES = ("iam", "s3", "ec2", "cloudtrail", "guardduty")
LIMITS = [f"--region={region}" for region in ("eu-west-1", "us-east-1")]
LIMITS += [f"--service={service}" for service in SERVICES]


@dataclass(frozen=True)
class Audited:
    """What the audit of both accounts left; GuardDuty was denied in development."""

    ran: Ran
    reports: Path

    def scan(self, tool: str, account: str) -> dict[str, Any]:
        (found,) = (r for r in self.ran.rows if (r["tool"], r["account"]) == (tool, account))
        return dict(found)

    def findings(self, tool: str, account: str) -> list[dict[str, str]]:
        with (self.reports / "findings.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        return [r for r in rows if (r["tool"], r["account_name"]) == (tool, account)]

    def scoutsuite(self, account: str) -> dict[str, Any]:
        place = self.reports / self.scan("scoutsuite", account)["directory"]
        text = (place / "scoutsuite-results/scoutsuite_results_scoutsuite.js").read_text()
        results: dict[str, Any] = json.loads(text.split("\n", 1)[1])
        return results


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """One audit for all tests here: it takes a minute."""
    simulation = Simulation(Blueprint())
    _let_in(simulation)
    simulation.faults.add(
        Fault(kind="deny", service="guardduty", account_id=ACCOUNTS["development"])
    )
    reports = tmp_path_factory.mktemp("audit") / "reports"
    where = ["--reports", str(reports), "--tools-dir", TOOLS_DIR]
    with pytest.MonkeyPatch.context() as patch, simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        code, out = _answer("audit", "run", *ACCOUNTS, "-p", "2", *LIMITS, *where, "-o", "json")
    yield Audited(Ran(code, out, ""), reports)
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
    for account in ACCOUNTS.values():
        simulation.client("iam", "us-east-1", account).create_role(
            RoleName="AssumableSecurityAuditRole", AssumeRolePolicyDocument=trust
        )


def _planted(tool: str) -> list[tuple[Misconfiguration, str]]:
    """What is planted in the two accounts, and each check of ``tool`` that has to see it."""
    found = []
    for fault in MISCONFIGURATIONS:
        checks = fault.prowler if tool == "prowler" else fault.scoutsuite
        for check in checks if fault.account in ACCOUNTS else ():
            service = check.split(":" if tool == "scoutsuite" else "_")[0]
            if service in SERVICES:
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


@pytest.mark.parametrize("account", ACCOUNTS)
def test_scoutsuite_looked_at_both_regions(audited: Audited, account: str) -> None:
    results = audited.scoutsuite(account)
    assert results["account_id"] == ACCOUNTS[account]
    assert results["services"]["ec2"]["regions_count"] == 2
    assert audited.scan("scoutsuite", account)["status"] == "complete"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_merged_result_is_what_the_tools_say_one_by_one(audited: Audited, account: str) -> None:
    place = audited.reports / audited.scan("prowler", account)["directory"]
    with (place / "prowler.csv").open(newline="") as lines:
        own = list(csv.DictReader(lines, delimiter=";"))
    assert {r["ACCOUNT_UID"] for r in own} == {ACCOUNTS[account]}
    for status in ("FAIL", "PASS"):
        merged = [f for f in audited.findings("prowler", account) if f["status"] == status]
        assert len(merged) == sum(r["STATUS"] == status and r["MUTED"] == "False" for r in own)
    flagged = audited.scoutsuite(account)["last_run"]["summary"].values()
    merged = [f for f in audited.findings("scoutsuite", account) if f["status"] == "FAIL"]
    assert len(merged) == sum(service["flagged_items"] for service in flagged)


def test_denied_calls_are_told_in_that_account_alone(audited: Audited) -> None:
    """GuardDuty was denied in development: a partial result, and exit code 1."""
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
