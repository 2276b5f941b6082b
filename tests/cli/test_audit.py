"""``baseline audit`` on a simulated organization, with stubs for the tools."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import click
import pytest

from baseline.simulation import Blueprint, Fault, Simulation
from baseline.simulation.organizations import backend
from given_audits import ROLE, Behave, roll_out_role, take_role
from given_terminal import Baseline
from given_waiting import until

PRODUCTION, PAYMENTS = "400000000004", "500000000005"
SCRIPT = Path(__file__).parents[2] / "scripts/security-audit"


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        roll_out_role(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


def test_without_names_every_active_account_is_audited(baseline: Baseline) -> None:
    """The suspended account is named as left out, and both tools look at the six others."""
    ran = baseline("audit", "run", "-p", "-o", "json")
    assert ran.code == 0
    assert {(r["tool"], r["status"]) for r in ran.rows} == {
        ("prowler", "complete"),
        ("scoutsuite", "complete"),
    }
    assert len(ran.rows) == 12
    assert "retired (700000000007) is SUSPENDED: left out." in ran.err
    assert "Scans complete: 12 of 12" in ran.err
    for name in ("index.html", "summary.json", "findings.csv"):
        assert Path("reports", name).is_file()


def test_accounts_go_by_id_and_by_name_also_behind_p(baseline: Baseline) -> None:
    ran = baseline("audit", "run", "-p", PAYMENTS, "production", "--tool", "prowler", "-o", "json")
    assert {r["account"] for r in ran.rows} == {"production", "payments"}


def test_filters_choose_as_everywhere(baseline: Baseline) -> None:
    ran = baseline(
        "audit", "run", "--ou", "/Workloads", "--not-account", "development", "-o", "json"
    )
    assert {r["account"] for r in ran.rows} == {"production", "payments"}


def test_the_child_s_keys_are_those_of_the_assumed_role(baseline: Baseline) -> None:
    ran = baseline("audit", "run", PRODUCTION, "--tool", "prowler", "-o", "json")
    seen = json.loads(Path("reports", ran.rows[0]["directory"], "stub.json").read_text())
    assert seen["keys"]["AccessKeyId"].startswith("ASIA")
    assert seen["environment"]["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert "AWS_ACCESS_KEY_ID" not in seen["environment"]
    assert "BASELINE_SIMULATION_TOKEN" not in seen["environment"]


def test_a_denied_account_is_named_with_its_remedy_and_the_others_finish(
    baseline: Baseline, organization: Simulation
) -> None:
    take_role(organization, PAYMENTS)
    ran = baseline("audit", "run", PAYMENTS, PRODUCTION, "-o", "json")
    assert ran.code == 1
    refused = [r for r in ran.rows if r["account_id"] == PAYMENTS]
    assert [r["status"] for r in refused] == ["not looked"] * 2
    assert "sts:AssumeRole" in refused[0]["reason"]
    assert "baseline rollout deploy --only audit-roles" in refused[0]["remedy"]
    assert refused[0]["fail"] is None
    assert [r["status"] for r in ran.rows if r["account_id"] == PRODUCTION] == ["complete"] * 2
    (page,) = Path("reports/runs").glob("*/index.html")
    assert "not looked" in page.read_text()


def test_a_table_for_people_fits_and_says_each_reason_once(
    baseline: Baseline, organization: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs still get every field, by its own name."""
    take_role(organization, PAYMENTS)
    full = baseline("audit", "run", PAYMENTS, PRODUCTION, "-o", "json")
    assert full.err.count("baseline rollout deploy --only audit-roles") == 1
    assert f"payments ({PAYMENTS}) Prowler and ScoutSuite: not looked; " in full.err
    (reason,) = {row["reason"] for row in full.rows if row["account_id"] == PAYMENTS}
    assert full.err.count(reason.rstrip(".")) == 1
    assert {"account_id", "could_not_look", "directory", "remedy"} <= set(full.rows[0])
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    table = click.unstyle(baseline("audit", "report").out).splitlines()
    assert table[0].split() == ["account", "tool", "status", "fail", "unknown", "reason"]
    assert max(map(len, table)) <= 80
    assert all("AccessDenied: " in line for line in table if line.startswith("payments"))
    assert [line.split()[:3] for line in table if line.startswith("production")] == [
        ["production", "prowler", "complete"], ["production", "scoutsuite", "complete"],
    ]  # fmt: skip
    head, listed = click.unstyle(baseline("audit", "list").out).splitlines()
    fail = str(sum(row["fail"] or 0 for row in full.rows))
    assert head.split()[-2:] == ["not_done", "fail"]
    assert listed.split()[1:] == ["2", "2", "0", "0", "2", "0", fail]


def test_what_an_interrupted_run_has_not_done_is_not_called_looked_at_in_vain(
    baseline: Baseline,
) -> None:
    baseline("audit", "run", PRODUCTION)
    (manifest,) = Path("reports/runs").glob("*.json")
    run = json.loads(manifest.read_text())
    before = baseline("audit", "report").err
    run["entries"][0] |= {"status": "waiting", "counts": {}}
    manifest.write_text(json.dumps(run))
    (listed,) = baseline("audit", "list", "-o", "json").rows
    assert (listed["complete"], listed["not_looked"], listed["not_done"]) == (1, 0, 1)
    said = baseline("audit", "report")
    assert "prowler     not done" in said.out
    assert "; scans not done: 1." in said.err
    assert "not done" not in before


def test_running_again_with_resume_finishes_what_was_denied(
    baseline: Baseline, organization: Simulation
) -> None:
    fault = Fault(kind="deny", service="sts", operation="AssumeRole", times=1)
    organization.faults.add(fault)
    first = baseline("audit", "run", PRODUCTION, PAYMENTS, "-o", "json")
    assert sorted(r["status"] for r in first.rows) == ["complete"] * 2 + ["not looked"] * 2
    second = baseline("audit", "run", "--resume", "-o", "json")
    assert second.code == 0
    assert [r["status"] for r in second.rows] == ["complete"] * 4
    assert "2 of 4 scans to go on with" in second.err
    kept = [r for r in first.rows if r["status"] == "complete"]
    assert all(r in second.rows for r in kept)
    (listed,) = baseline("audit", "list", "-o", "json").rows
    assert (listed["accounts"], listed["complete"], listed["not_looked"]) == (2, 4, 0)


def test_a_resumed_run_goes_on_as_it_was_asked_to(baseline: Baseline, behave: Behave) -> None:
    """Slots, what is passed on, the time limit and --fail-on; a flag changes what it says."""
    behave({f"prowler {PRODUCTION}": "exit 1", f"prowler {PAYMENTS}": "exit 1"})
    asked = ("-p", "2", "--fail-on", "high", "--timeout", "9", "--prowler-option=--verbose")
    assert baseline("audit", "run", PRODUCTION, PAYMENTS, *asked).code == 1
    behave({f"prowler {PAYMENTS}": "exit 1"})
    first = baseline("audit", "run", "--resume")
    assert "2 at a time" in first.err
    assert first.code == 1
    behave({})
    second = baseline("audit", "run", "--resume", "-p", "1", "--fail-on", "critical")
    assert "1 at a time" in second.err
    (manifest,) = Path("reports/runs").glob("*.json")
    run = json.loads(manifest.read_text())
    assert run["manner"] == {
        "workers": 1, "mfa": False, "hours": 0, "minutes": 9, "fail_on": "critical",
        "options": {"prowler": ["--verbose"]}, "warm": False, "on": "",
    }  # fmt: skip
    assert all("--verbose" in e["command"] for e in run["entries"] if e["tool"] == "prowler")
    assert {e["status"] for e in run["entries"]} == {"complete"}


def test_a_run_that_could_not_look_takes_nothing_from_the_front_page(
    baseline: Baseline, behave: Behave
) -> None:
    baseline("audit", "run", PRODUCTION, PAYMENTS)
    before = {name: Path("reports", name).read_bytes() for name in ("findings.csv", "summary.json")}
    behave({f"{tool} {PRODUCTION}": "exit 1" for tool in ("prowler", "scoutsuite")})
    assert baseline("audit", "run", PRODUCTION).code == 1
    assert {name: Path("reports", name).read_bytes() for name in before} == before
    page = Path("reports/index.html").read_text()
    assert "4 of 4" in page
    assert "another try" in page
    pages = sorted(Path("reports/runs").glob("*/index.html"))
    assert [str(p.relative_to("reports")) in page for p in pages] == [True, True]
    baseline("audit", "report", pages[0].parent.name)
    assert {name: Path("reports", name).read_bytes() for name in before} == before


def test_outside_an_organization_the_caller_s_account_is_audited_as_the_caller(
    baseline: Baseline, organization: Simulation
) -> None:
    backend(organization.blueprint.main.id).org = None
    ran = baseline("audit", "run", "-o", "json")
    assert {(r["account_id"], r["status"]) for r in ran.rows} == {
        (organization.blueprint.main.id, "complete")
    }


def test_fail_on_decides_the_exit_code(baseline: Baseline) -> None:
    arguments = ("audit", "run", PRODUCTION, "--tool", "scoutsuite")
    assert baseline(*arguments, "--fail-on", "critical").code == 0
    assert baseline(*arguments, "--fail-on", "high").code == 1


def test_a_partial_result_is_not_a_success(baseline: Baseline, behave: Behave) -> None:
    behave({f"prowler {PRODUCTION}": "denied"})
    ran = baseline("audit", "run", PRODUCTION, "-o", "json")
    assert ran.code == 1
    assert ran.rows[0]["status"] == "partial"
    assert ran.rows[0]["reason"] == "denied 3 times: guardduty"


def test_a_region_that_is_off_is_unknown_and_the_tool_is_not_given_it(
    baseline: Baseline, organization: Simulation
) -> None:
    Path("baseline.yaml").write_text("regions: [eu-west-1, af-south-1, ap-east-1]\n")
    ran = baseline("audit", "run", PRODUCTION, "--tool", "prowler", "-o", "json")
    (scan,) = ran.rows
    assert (ran.code, scan["status"], scan["could_not_look"]) == (1, "partial", 2)
    assert scan["reason"] == "off 2 times: af-south-1, ap-east-1"
    with Path("reports/findings.csv").open(newline="") as lines:
        unknown = [r for r in csv.DictReader(lines) if r["status"] == "UNKNOWN"]
    assert [r["region"] for r in unknown] == ["af-south-1", "ap-east-1"]
    seen = json.loads(Path("reports", scan["directory"], "stub.json").read_text())["arguments"]
    assert seen[seen.index("--region") + 1 :][:2] == ["eu-west-1", "--severity"]

    organization.faults.add(Fault.parse(f"deny:account:ListRegions:{PRODUCTION}"))
    (scan,) = baseline("audit", "run", PRODUCTION, "--tool", "prowler", "-o", "json").rows
    assert (scan["status"], scan["reason"]) == ("partial", "denied 1 times: account")


def test_an_account_in_which_every_region_is_off_is_not_looked_at(baseline: Baseline) -> None:
    """Without a region a tool would look at all of them."""
    Path("baseline.yaml").write_text("regions: [af-south-1]\n")
    (scan,) = baseline("audit", "run", PRODUCTION, "--tool", "prowler", "-o", "json").rows
    assert (scan["status"], scan["reason"]) == (
        "not looked",
        f"af-south-1 is not enabled in {PRODUCTION}",
    )


def test_the_reports_can_be_made_anew_from_what_is_there(baseline: Baseline) -> None:
    baseline("audit", "run", PRODUCTION)
    before = Path("reports/findings.csv").read_bytes()
    for name in ("index.html", "summary.json", "findings.csv"):
        Path("reports", name).unlink()
    assert baseline("audit", "report").code == 0
    assert Path("reports/findings.csv").read_bytes() == before
    assert Path("reports/index.html").is_file()


def test_services_that_a_tool_does_not_know_are_said_and_not_passed_on(baseline: Baseline) -> None:
    ran = baseline(
        "audit", "run", PRODUCTION, "--service", "s3", "--service", "guardduty", "-o", "json"
    )
    assert "ScoutSuite does not look at: guardduty." in ran.err
    directory = next(r["directory"] for r in ran.rows if r["tool"] == "scoutsuite")
    seen = json.loads(Path("reports", directory, "stub.json").read_text())["arguments"]
    assert seen[seen.index("--services") + 1] == "s3"
    assert "guardduty" not in seen


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["123456789012"], "account 123456789012 is not in organization"),
        (["12345"], "12345 is no account: account ids have 12 digits"),
        (["-p", "0"], "-p: N is at least 1"),
        (["retired"], "no account to audit: retired is SUSPENDED"),
        (["--region", "mars-north-1"], "region mars-north-1 is not enabled"),
        (["--service", "guardutty"], "Did you mean guardduty?"),
        (["--resume"], "no audit run"),
        (["--resume", "production"], "--resume goes on with what the latest run was asked for"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_before_anything_starts(
    baseline: Baseline, arguments: list[str], sentence: str
) -> None:
    ran = baseline("audit", "run", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert not Path("reports").exists()


def test_a_manifest_that_is_no_manifest_is_named(baseline: Baseline) -> None:
    Path("reports/runs").mkdir(parents=True)
    Path("reports/runs/20260101T000000Z.json").write_text('{"stamp": 1')
    ran = baseline("audit", "list")
    assert ran.code == 2
    assert "20260101T000000Z.json: not a manifest of an audit run" in ran.err


@pytest.mark.parametrize("numbers", [[signal.SIGINT] * 3, [signal.SIGTERM], [signal.SIGHUP]])
def test_an_interrupt_ends_the_tools_and_says_how_to_go_on(
    baseline: Baseline, behave: Behave, numbers: list[signal.Signals]
) -> None:
    """Impatience, here while the tool is given time to end, changes nothing."""
    behave({f"prowler {PRODUCTION}": "hang"})
    command = [sys.executable, "-m", "baseline", "audit", "run", PRODUCTION]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as audit:
        until(lambda: list(Path("reports").glob("prowler/*/*/stub.json")), seconds=30)
        for number in numbers:
            audit.send_signal(number)
            time.sleep(0.3)
        said = audit.communicate(timeout=30)[1]
    assert audit.returncode == 130
    assert "Go on with: baseline audit run --resume" in said
    assert "Traceback" not in said
    seen = json.loads(next(Path("reports").glob("prowler/*/*/stub.json")).read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(seen["pid"], 0)
    behave({})
    assert baseline("audit", "run", "--resume").code == 0


def test_a_set_up_that_is_terminated_leaves_nothing(
    baseline: Baseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, tools = tmp_path / "started", tmp_path / "new-tools"
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(f"#!/bin/sh\ntouch {started}; exec sleep 60\n")
    uv.chmod(0o700)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))

    def terminate() -> None:
        until(started.exists, seconds=30)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=terminate).start()
    ran = baseline("audit", "setup", "--tool", "prowler", "--tools-dir", str(tools))
    assert ran.code == 130
    assert list(tools.iterdir()) == []


@pytest.mark.parametrize("stamp", ["/etc/passwd", "*", "../x", ""])
def test_a_stamp_that_names_no_run_is_refused(baseline: Baseline, stamp: str) -> None:
    Path("reports/runs").mkdir(parents=True)
    Path("reports/runs/20260101T000000Z.json").touch()
    ran = baseline("audit", "report", stamp)
    assert ran.code == 2
    assert "no audit run" in ran.err


def test_results_that_were_deleted_are_told_by_the_report(baseline: Baseline) -> None:
    ran = baseline("audit", "run", PRODUCTION, "-o", "json")
    Path("reports", ran.rows[0]["directory"], "prowler.csv").unlink()
    again = baseline("audit", "report", "-o", "json")
    assert [r["status"] for r in again.rows] == ["failed", "complete"]
    assert "results are gone" in again.rows[0]["reason"]
    assert again.rows[0]["fail"] is None


def test_the_mission_s_script_is_a_thin_call(baseline: Baseline) -> None:
    """-r names the role, -p may stand before an account."""
    ran = _script("-r", ROLE, "-p", PRODUCTION)
    assert ran.returncode == 0, ran.stderr
    assert "Scans complete: 2 of 2" in ran.stderr
    assert _script("-x").returncode == 2


def _script(*arguments: str) -> subprocess.CompletedProcess[str]:
    installed = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [SCRIPT, *arguments],
        env={**os.environ, "PATH": installed},
        capture_output=True,
        text=True,
        check=False,
    )


def started(rows: list[dict[str, str]], tool: str) -> list[str]:
    """The command line that the stub was started with."""
    directory = next(r["directory"] for r in rows if r["tool"] == tool)
    seen = json.loads(Path("reports", directory, "stub.json").read_text())
    return list(seen["arguments"])


def test_what_follows_two_hyphens_goes_to_the_tool_that_is_named(baseline: Baseline) -> None:
    ran = baseline(
        *("audit", "run", PRODUCTION, "--tool", "prowler", "-o", "json"),
        *("--", "--mutelist-file", "mine.yaml"),
    )
    assert started(ran.rows, "prowler")[-2:] == ["--mutelist-file", "mine.yaml"]
    assert {r["account_id"] for r in ran.rows} == {PRODUCTION}


def test_what_follows_two_hyphens_for_several_tools_is_refused(baseline: Baseline) -> None:
    ran = baseline("audit", "run", PRODUCTION, "--", "--debug")
    assert ran.code == 2
    assert "what follows -- is passed on to one tool" in ran.err
    assert "--tool" in ran.err


def test_a_tool_can_be_switched_off_and_another_be_told_what_to_check(baseline: Baseline) -> None:
    Path("baseline.yaml").write_text(
        "audit:\n  tools:\n    prowler: {checks: [s3_tls]}\n    scoutsuite: {enabled: false}\n"
    )
    ran = baseline("audit", "run", PRODUCTION, "-o", "json")
    assert [r["tool"] for r in ran.rows] == ["prowler"]
    arguments = started(ran.rows, "prowler")
    assert arguments[arguments.index("--check") + 1] == "s3_tls"
    named = baseline("audit", "run", PRODUCTION, "--tool", "scoutsuite", "-o", "json")
    assert [r["tool"] for r in named.rows] == ["scoutsuite"]


def test_a_file_of_rules_that_is_not_there_is_named_before_anything_starts(
    baseline: Baseline,
) -> None:
    Path("baseline.yaml").write_text("audit: {tools: {scoutsuite: {ruleset: no/rules.json}}}")
    refused = baseline("audit", "run", "production")
    assert refused.code == 2
    assert "audit.tools.scoutsuite.ruleset: there is no file " in refused.err
    assert "no/rules.json" in refused.err
    assert not Path("reports").exists()


def test_a_resumed_run_passes_on_no_more_than_a_new_one(baseline: Baseline) -> None:
    baseline("audit", "run", "production", "--tool", "prowler")
    refused = baseline("audit", "run", "--resume", "--prowler-option=--status=FAIL")
    assert refused.code == 2
    assert "--status is not passed on to Prowler" in refused.err


def test_a_check_that_the_tool_does_not_know_is_refused(baseline: Baseline) -> None:
    Path("baseline.yaml").write_text("audit: {tools: {prowler: {checks: [s3_tsl]}}}\n")
    ran = baseline("audit", "run", PRODUCTION)
    assert ran.code == 2
    assert "knows no s3_tsl for --check" in ran.err
    assert "Did you mean s3_tls?" in ran.err
    assert not Path("reports").exists()


def test_where_no_warm_worker_can_be_had_the_plain_program_does_it_and_that_is_said(
    baseline: Baseline,
) -> None:
    """The stub's Python has no Prowler to import."""
    ran = baseline("audit", "run", PRODUCTION, "--warm", "-o", "json")
    assert ran.code == 0
    assert ran.err.count("no warm workers") == 1
    assert [r["status"] for r in ran.rows] == ["complete"] * 2
