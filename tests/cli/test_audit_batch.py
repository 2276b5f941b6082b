"""``baseline audit run --on batch``: real child processes against the simulated organization."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from baseline import cli, templates
from baseline.sessions import open_session
from baseline.simulation import Blueprint, Fault, Simulation
from given_audits import install
from given_terminal import Baseline, at_a_terminal

PRODUCTION, PAYMENTS = "400000000004", "500000000005"
FILE = """
organization: o-acme0000000
home_region: eu-west-1
regions: [eu-west-1]
audit:
  pause_seconds: 0
  batch: {image: "aws-baseline:0.1.0", schedule: "cron(0 3 ? * SUN *)"}
"""
ENDED = ("SUCCEEDED", "FAILED")
Behave = Callable[[dict[str, str]], None]


@pytest.fixture(scope="module")
def deployed() -> bytes:
    """A simulated organization with the audit roles and the means to audit on AWS Batch."""
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
        only = ("--only", "audit-roles", "--only", "audit-runner")
        assert cli.run(["rollout", "deploy", "--config", str(file), "--yes", *only]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def organization(deployed: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(deployed)
    yield simulation
    simulation.close()


@pytest.fixture
def behave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Behave:
    """Tells the stubs what to do; nothing special unless told."""
    monkeypatch.chdir(tmp_path)
    Path("baseline.yaml").write_text(FILE)
    install(tmp_path / "tools")
    monkeypatch.setenv("BASELINE_TOOLS", str(tmp_path / "tools"))

    def told(behaviours: dict[str, str]) -> None:
        (tmp_path / "stub-behaviours.json").write_text(json.dumps(behaviours))

    told({})
    return told


@pytest.fixture
def calls() -> list[Any]:
    return []


@pytest.fixture
def baseline(
    organization: Simulation,
    behave: Behave,
    calls: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Baseline]:
    organization.observers.append(lambda call, *_: calls.append(call))
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        yield run


def merged(reports: str) -> Any:
    """What a run found, without what differs between two runs: times, places, memory."""
    text = Path(reports, "findings.csv").read_text()
    summary = json.loads(Path(reports, "summary.json").read_text())
    return sorted(text.splitlines()), summary["counts"], summary["severities"]


def test_what_children_bring_equals_what_is_found_here(
    baseline: Baseline, calls: list[Any]
) -> None:
    """And a child may do what it did, and nothing else."""
    there = baseline("audit", "run", PRODUCTION, PAYMENTS, "--on", "batch", "-o", "json")
    assert there.code == 0, there.err
    assert [row["status"] for row in there.rows] == ["complete"] * 4
    assert "Submitted 2 accounts to the queue baseline-audit in eu-west-1" in there.err
    here = baseline("audit", "run", PRODUCTION, PAYMENTS, "--reports", "here", "-o", "json")
    assert merged("reports") == merged("here")
    for row in there.rows:
        place = Path("reports", row["directory"])
        assert (place / "log.txt").is_file()
        assert not any(file.stat().st_mode & 0o077 for file in place.rglob("*"))
    assert here.code == 0
    done = {
        f"{call.service}:{call.operation}"
        for call in calls
        if "role/baseline-audit-work" in call.arn
    }
    assert done == {"s3:GetObject", "s3:PutObject", "sts:AssumeRole", "sts:GetCallerIdentity"}
    assert allowed("WorkerRole") == {
        "s3:GetObject", "s3:PutObject", "sts:AssumeRole", "kms:Decrypt", "kms:GenerateDataKey",
    }  # fmt: skip


def allowed(role: str) -> set[str]:
    """The actions that the template gives to ``role``."""
    template = templates.parse(templates.read("audit-runner"))
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    found: set[str] = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        action = statement["Action"]
        found |= {action} if isinstance(action, str) else set(action)
    return found


def test_one_account_is_a_plain_job(baseline: Baseline, calls: list[Any]) -> None:
    ran = baseline("audit", "run", PAYMENTS, "--tool", "prowler", "--on", "batch", "-o", "json")
    assert [row["status"] for row in ran.rows] == ["complete"]
    (submitted,) = [call for call in calls if call.operation == "SubmitJob"]
    assert "arrayProperties" not in submitted.parameters


def test_a_child_that_dies_is_named_and_resuming_submits_it_alone(
    baseline: Baseline, behave: Behave, calls: list[Any]
) -> None:
    """What it had brought before it died is kept; a verdict of a tool is a result, too."""
    behave({f"scoutsuite {PAYMENTS}": "kills its parent", f"prowler {PRODUCTION}": "denied"})
    ran = baseline("audit", "run", PRODUCTION, PAYMENTS, "--on", "batch", "-o", "json")
    assert ran.code == 1
    states = {(row["account_id"], row["tool"]): row["status"] for row in ran.rows}
    assert states == {
        (PRODUCTION, "prowler"): "partial",
        (PRODUCTION, "scoutsuite"): "complete",
        (PAYMENTS, "prowler"): "complete",
        (PAYMENTS, "scoutsuite"): "failed",
    }
    (dead,) = [row for row in ran.rows if row["status"] == "failed"]
    assert "on AWS Batch: Essential container in task exited (exit code 137)" in dead["reason"]
    assert "log group /baseline/audit" in dead["remedy"]
    assert "scoutsuite,500000000005" in Path("reports/findings.csv").read_text()
    behave({})
    again = baseline("audit", "run", "--resume", "-o", "json")
    assert "Submitted 1 account to the queue" in again.err
    assert {row["status"] for row in again.rows} == {"complete", "partial"}
    kept = [row for row in ran.rows if row["status"] != "failed"]
    assert all(row in again.rows for row in kept)
    submitted = [call for call in calls if call.operation == "SubmitJob"]
    assert len(submitted) == 2


def test_a_job_that_was_submitted_and_not_noted_is_followed_and_not_submitted_twice(
    baseline: Baseline, organization: Simulation, calls: list[Any]
) -> None:
    """The program is killed while AWS answers."""
    command = [sys.executable, "-m", "baseline", "audit", "run", PRODUCTION, PAYMENTS]
    running: list[subprocess.Popen[bytes]] = []

    def kill(call: Any, *_: Any) -> None:
        if call.operation == "SubmitJob" and running:
            running.pop().kill()

    organization.observers.append(kill)
    with subprocess.Popen([*command, "--on", "batch"], stderr=subprocess.DEVNULL) as killed:
        running.append(killed)
    assert killed.returncode == -signal.SIGKILL
    resumed = baseline("audit", "run", "--resume", "-o", "json")
    assert [row["status"] for row in resumed.rows] == ["complete"] * 4
    assert "Submitted" not in resumed.err
    assert [call.operation for call in calls].count("SubmitJob") == 1
    elsewhere = baseline("audit", "collect", "--reports", "elsewhere", "-o", "json")
    assert [row["status"] for row in elsewhere.rows] == ["complete"] * 4


def test_a_run_whose_submitting_failed_goes_on_there_and_not_here(
    baseline: Baseline, organization: Simulation, calls: list[Any]
) -> None:
    organization.faults.add(Fault("deny", "batch", "SubmitJob", times=1))
    refused = baseline("audit", "run", PAYMENTS, "--tool", "prowler", "--on", "batch")
    assert refused.code == 2
    assert "not authorized to perform: batch:SubmitJob" in refused.err
    assert "baseline audit run --resume" in refused.err
    resumed = baseline("audit", "run", "--resume", "-o", "json")
    assert "Submitted 1 account to the queue" in resumed.err
    assert [row["status"] for row in resumed.rows] == ["complete"]
    names = [c.parameters["jobName"][-2:] for c in calls if c.operation == "SubmitJob"]
    assert names == ["-1", "-2"]


def test_a_second_try_that_fails_leaves_what_the_first_brought_and_says_why(
    baseline: Baseline, behave: Behave, organization: Simulation
) -> None:
    behave({f"prowler {PAYMENTS}": "throttled"})
    baseline("audit", "run", PAYMENTS, "--tool", "prowler", "--on", "batch")
    behave({f"prowler {PAYMENTS}": "kills its parent"})
    (row,) = baseline("audit", "run", "--resume", "-o", "json").rows
    assert row["status"] == "partial"
    assert "; another try: on AWS Batch: Essential container in task exited" in row["reason"]


def test_who_leaves_can_collect_later_also_from_elsewhere(baseline: Baseline) -> None:
    left = baseline("audit", "run", PRODUCTION, PAYMENTS, "--on", "batch", "--no-wait")
    assert left.code == 0
    assert "baseline audit run --resume" in left.err
    elsewhere = baseline("audit", "collect", "--reports", "elsewhere", "-o", "json")
    assert [row["status"] for row in elsewhere.rows] == ["complete"] * 4
    resumed = baseline("audit", "run", "--resume", "-o", "json")
    assert "Submitted" not in resumed.err
    assert merged("reports") == merged("elsewhere")


def test_a_run_that_begins_by_itself_lists_the_accounts_and_submits_the_job(
    baseline: Baseline, calls: list[Any]
) -> None:
    """As the schedule does: with its target's input, as a role that may do no more."""
    batch = open_session(region="eu-west-1").client("batch")
    scheduler = open_session(region="eu-west-1").client("scheduler")
    asked = json.loads(scheduler.get_schedule(Name="baseline-audit")["Target"]["Input"])
    job = batch.submit_job(**{name[0].lower() + name[1:]: value for name, value in asked.items()})
    while batch.describe_jobs(jobs=[job["jobId"]])["jobs"][0]["status"] not in ENDED:
        time.sleep(0.2)
    collected = baseline("audit", "collect", "-o", "json")
    assert [row["status"] for row in collected.rows] == ["complete"] * 12
    done = {
        f"{call.service}:{call.operation}"
        for call in calls
        if "role/baseline-audit-submit" in call.arn
    }
    done -= {"sts:GetCallerIdentity"}
    assert {"batch:SubmitJob", "s3:PutObject"} <= done <= allowed("SubmitterRole")


def test_without_the_stack_it_says_what_to_do(baseline: Baseline) -> None:
    Path("baseline.yaml").write_text("home_region: eu-west-1")
    refused = baseline("audit", "run", "--on", "batch")
    assert refused.code == 2
    assert "audit.batch.image: no audit runs on AWS Batch as it is configured" in refused.err
    Path("baseline.yaml").write_text(FILE + "prefix: other")
    refused = baseline("audit", "run", PAYMENTS, "--on", "batch")
    assert refused.code == 2
    assert "rollout deploy --only audit-runner" in refused.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--tool", "prowler", "--", "--status", "FAIL"], "--status is not passed on to Prowler"),
        (
            ["--service", "s3", "--prowler-option=--compliance", "--prowler-option=cis_5.0_aws"],
            "Prowler takes only one of --compliance and services",
        ),
    ],
)
def test_options_that_are_refused_here_are_refused_there_before_anything_is_sent(
    baseline: Baseline, calls: list[Any], options: list[str], sentence: str
) -> None:
    refused = baseline("audit", "run", PAYMENTS, "--on", "batch", "--no-wait", *options)
    assert refused.code == 2
    assert sentence in refused.err
    assert not {"SubmitJob", "PutObject"} & {call.operation for call in calls}
    assert not Path("reports").exists()


def test_a_value_that_the_tool_there_does_not_know_is_told_and_the_other_tool_looks(
    baseline: Baseline,
) -> None:
    options = ("--prowler-option=--check", "--prowler-option=s3_tsl")
    ran = baseline("audit", "run", PAYMENTS, "--on", "batch", *options, "-o", "json")
    states = {row["tool"]: (row["status"], row["reason"]) for row in ran.rows}
    status, reason = states["prowler"]
    assert (ran.code, status) == (1, "not looked")
    assert "knows no s3_tsl for --check" in reason
    assert states["scoutsuite"][0] == "complete"


def test_what_is_on_this_machine_alone_is_refused_or_named_before_anything_is_sent(
    baseline: Baseline, calls: list[Any]
) -> None:
    tools = "tools: {scoutsuite: {ruleset: rules.json}, prowler: {path: mine, warm: true}}"
    Path("baseline.yaml").write_text(f"{FILE}  pass_environment: [SLACK_TOKEN]\n  {tools}\n")
    Path("rules.json").touch()
    refused = baseline("audit", "run", PAYMENTS, "-p", "--on", "batch", "--no-wait")
    assert refused.code == 2
    assert "audit.tools.scoutsuite.ruleset: " in refused.err
    assert "rules.json is on this machine" in refused.err
    assert "SubmitJob" not in {call.operation for call in calls}
    only = ("-p", "--on", "batch", "--no-wait", "--tool", "prowler")
    left = baseline("audit", "run", PAYMENTS, *only)
    assert left.code == 0
    assert (
        "On AWS Batch these do not apply: -p (audit.batch.at_a_time does), --warm, "
        "audit.pass_environment, audit.tools.prowler.path."
    ) in left.err


@pytest.mark.parametrize("url", ["s3://b/x/list.json", "https://b/runs/1/1/list.json"])
def test_a_child_takes_a_list_of_an_audit_and_nothing_else(baseline: Baseline, url: str) -> None:
    refused = baseline("audit", "work", url)
    assert refused.code == 2
    assert re.search("is no list of an audit", refused.err)
