"""``baseline audit compare`` and accepted risks, over audits of a simulated organization."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baseline.findings import history
from baseline.simulation import Blueprint, Simulation
from given_audits import AUDITING, ROLE, Behave, roll_out_role, take_role
from given_findings import a_finding
from given_history import given_an_audit
from given_terminal import Baseline

PRODUCTION, PAYMENTS = "400000000004", "500000000005"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date()
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        roll_out_role(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


def audited(baseline: Baseline, *accounts: str, tool: str = "prowler") -> Any:
    return baseline("audit", "run", *accounts, "--tool", tool, "-o", "json")


def changes(baseline: Baseline, *arguments: str) -> list[tuple[str, str, str]]:
    rows = baseline("audit", "compare", *arguments, "-o", "json").rows
    return [(r["change"], r["account"], r["check"]) for r in rows]


def accept(expires: object, check: str = "s3_open", file: str = "mute.yaml") -> None:
    Path(file).write_text(
        f"mute:\n- check: {check}\n  account: production\n  resource: arn:aws:s3:::*\n"
        f"  reason: Its pages are public.\n  owner: anna\n  expires: {expires}\n"
    )


def test_a_run_is_kept_as_parquet_with_what_is_known_of_its_checks(baseline: Baseline) -> None:
    audited(baseline, PRODUCTION)
    (look,) = history.looks(Path("reports"))
    found = list(history.findings(look, Path("reports")))
    with Path("reports/findings.csv").open(newline="") as lines:
        assert len(found) == len(list(csv.reader(lines))) - 1
    assert {f.account_name for f in found} == {"production"}
    assert ("prowler", "s3_open") in history.details(Path("reports"))


def test_the_same_again_is_open_and_nothing_else(baseline: Baseline) -> None:
    audited(baseline, PRODUCTION)
    audited(baseline, PRODUCTION)
    assert set(changes(baseline)) == {
        ("open", PRODUCTION, "s3_open"), ("open", PRODUCTION, "iam_mfa"),
    }  # fmt: skip
    table = baseline("audit", "compare")
    assert (table.code, table.out) == (0, "")
    assert "0 new, 2 open, 0 reopened, 0 resolved, 0 muted, 0 not looked at." in table.err


def test_an_account_that_was_not_in_the_earlier_run_is_said(baseline: Baseline) -> None:
    """All of it is new to us, and may be old."""
    first = Path(audited(baseline, PRODUCTION).rows[0]["directory"]).name
    audited(baseline, PRODUCTION, PAYMENTS)
    said = baseline("audit", "compare").err
    assert (
        f"Of the new, 2 may have been there before: run {first} did not look at them "
        "(2 in payments)."
    ) in said


def test_a_denied_account_resolves_nothing_and_what_it_shows_later_was_open(
    baseline: Baseline, organization: Simulation
) -> None:
    audited(baseline, PRODUCTION, PAYMENTS)
    iam = organization.client("iam", "us-east-1", PAYMENTS)
    trust = json.dumps(iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"])
    take_role(organization, PAYMENTS)
    audited(baseline, PRODUCTION, PAYMENTS)
    gone = [c for c in changes(baseline) if c[1] == PAYMENTS]
    assert {change for change, *_ in gone} == {"not looked at"}
    asked = changes(baseline, "--change", "not looked at")
    assert {change for change, *_ in asked} == {"not looked at"}
    assert len(gone) == 2
    table = baseline("audit", "compare")
    assert "not looked at" not in table.out, "it would hide what is new"
    assert "2 not looked at: " in table.err
    assert baseline("audit", "compare", "--change", "new").code == 0
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=AUDITING)
    audited(baseline, PRODUCTION, PAYMENTS)
    assert {change for change, *_ in changes(baseline)} == {"open"}


def test_what_is_gone_is_resolved_and_what_is_back_is_reopened(
    baseline: Baseline, behave: Behave
) -> None:
    first = audited(baseline, PRODUCTION)
    behave({f"prowler {PRODUCTION}": "all is well"})
    audited(baseline, PRODUCTION)
    assert {change for change, *_ in changes(baseline)} == {"resolved"}
    behave({})
    audited(baseline, PRODUCTION)
    assert {change for change, *_ in changes(baseline)} == {"reopened"}
    stamp = Path(first.rows[0]["directory"]).name
    assert {change for change, *_ in changes(baseline, stamp)} == {"open"}
    assert baseline("audit", "compare", "--fail-on-new", "critical").code == 1
    assert baseline("audit", "compare", stamp, "--fail-on-new", "low").code == 0


def test_a_new_finding_of_a_severity_that_nobody_knows_is_held_back(baseline: Baseline) -> None:
    reports = Path("reports")
    given_an_audit(reports, "2026-07-01", [])
    given_an_audit(reports, "2026-07-02", [a_finding(severity="urgent")])
    assert baseline("audit", "compare", "--fail-on-new", "critical").code == 1


def test_an_accepted_risk_is_muted_with_its_reason_and_fails_no_run(baseline: Baseline) -> None:
    accept(TOMORROW)
    ran = baseline("audit", "run", PRODUCTION, "--tool", "prowler", "--fail-on", "critical")
    assert ran.code == 0
    assert "Findings: 1 failing" in ran.err
    assert "2 muted" in ran.err
    with Path("reports/findings.csv").open(newline="") as lines:
        (muted,) = (r for r in csv.DictReader(lines) if r["check"] == "s3_open")
    assert muted["status"] == "MUTED"
    assert muted["muted"] == f"accepted: Its pages are public. (anna, until {TOMORROW})"
    summary = json.loads(Path("reports/summary.json").read_text())
    assert (summary["severities"]["critical"], summary["counts"]["MUTED"]) == (0, 2)


def test_an_accepted_risk_that_has_expired_counts_again_and_is_said(baseline: Baseline) -> None:
    accept(TOMORROW)
    audited(baseline, PRODUCTION)
    accept(YESTERDAY)
    ran = baseline("audit", "run", PRODUCTION, "--tool", "prowler", "--fail-on", "critical")
    assert ran.code == 1
    assert f"expired on {YESTERDAY}; 1 finding counts again. Ask anna" in ran.err
    assert ("reopened", PRODUCTION, "s3_open") in changes(baseline)


def test_a_risk_accepted_between_two_runs_is_muted_not_resolved(baseline: Baseline) -> None:
    audited(baseline, PRODUCTION)
    audited(baseline, PRODUCTION)
    accept(TOMORROW)
    assert set(changes(baseline)) == {
        ("open", PRODUCTION, "iam_mfa"), ("muted", PRODUCTION, "s3_open"),
    }  # fmt: skip


def test_what_a_risk_does_not_meet_is_said(baseline: Baseline) -> None:
    accept(TOMORROW, "s3_opne", "mine.yaml")
    Path("baseline.yaml").write_text("mute_file: mine.yaml\n")
    ran = audited(baseline, PRODUCTION)
    assert (
        "risk s3_opne of production of arn:aws:s3:::* matches nothing that was looked at" in ran.err
    )
    elsewhere = audited(baseline, PAYMENTS)
    assert "matches nothing" not in elsewhere.err


def test_a_list_that_is_wrong_is_refused_before_anything_starts(baseline: Baseline) -> None:
    accept("soon")
    ran = audited(baseline, PRODUCTION)
    assert ran.code == 2
    assert "mute.yaml, line 7, key mute.0.expires: found 'soon', expected a day" in ran.err
    assert not Path("reports").exists()


def test_runs_that_are_not_there_are_one_sentence(baseline: Baseline) -> None:
    audited(baseline, PRODUCTION)
    alone = baseline("audit", "compare")
    assert alone.code == 2
    assert "there are no two audit runs to compare" in alone.err
    unknown = baseline("audit", "compare", "20200101T000000Z")
    assert unknown.code == 2
    assert "no audit run 20200101T000000Z is in the history" in unknown.err
