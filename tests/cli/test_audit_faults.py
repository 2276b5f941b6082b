"""What goes wrong in one account is named there, and takes nothing from the others."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from baseline.simulation import Blueprint, Fault, Simulation
from given_audits import Behave, roll_out_role, stand_in, take_role
from given_terminal import Baseline
from given_waiting import ended, until

PRODUCTION, PAYMENTS = "400000000004", "500000000005"
AUDIT = (sys.executable, "-m", "baseline", "audit", "run")
TOOLS = ("prowler", "scoutsuite")


@pytest.fixture(scope="module")
def founded() -> bytes:
    """Twelve active accounts, and one that is suspended."""
    simulation = Simulation(Blueprint(misconfigured=False, extra_members=6))
    try:
        roll_out_role(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def behave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Behave:
    Path("baseline.yaml").write_text("audit:\n  pause_seconds: 0\n")
    return stand_in(tmp_path, monkeypatch)


def members(organization: Simulation) -> list[str]:
    return [a for a in organization.active_account_ids() if a != organization.blueprint.main.id]


def merged(reports: str) -> list[list[str]]:
    with Path(reports, "findings.csv").open(newline="") as rows:
        return sorted(csv.reader(rows))


def the_run(reports: str = "reports") -> dict[str, Any]:
    (file,) = Path(reports, "runs").glob("*.json")
    run: dict[str, Any] = json.loads(file.read_text())
    return run


def test_a_run_that_was_killed_goes_on_where_it_was_and_ends_with_the_same_result(
    baseline: Baseline, behave: Behave, organization: Simulation
) -> None:
    """SIGKILL, which nobody can answer: the tools end too, and what was complete stays."""
    assert baseline("audit", "run", "-p", "4", "--reports", "whole").code == 0
    hanging = members(organization)[-1]
    behave({f"prowler {hanging}": "hang"})
    with subprocess.Popen([*AUDIT, "-p", "4"], stderr=subprocess.DEVNULL) as audit:
        stub = Path("reports/prowler", hanging)
        until(lambda: list(stub.glob("*/stub.json")) and len(complete()) >= 12, seconds=60)
        audit.kill()
    (seen,) = stub.glob("*.partial/stub.json")
    until(lambda: ended(json.loads(seen.read_text())["pid"]), seconds=60)
    before = complete()
    # Done again, these would fail.
    behave({f"{tool} {directory.parent.name}": "exit 1" for tool, directory in before})
    said = baseline("audit", "run", "--account", "nobody").err
    assert "has not ended. To go on with it: baseline audit run --resume" in said
    resumed = baseline("audit", "run", "--resume", "-o", "json")
    assert resumed.code == 0
    assert "4 at a time" in resumed.err
    assert len(resumed.rows) == 24
    assert merged("reports") == merged("whole")
    assert set(before) <= set(complete())
    assert len(complete()) == 24


def complete() -> list[tuple[str, Path]]:
    """The scans whose directories have their lasting names."""
    found = [(tool, d) for tool in TOOLS for d in Path("reports", tool).glob("*/*")]
    return [(tool, d) for tool, d in found if not d.name.endswith(".partial")]


def test_each_fault_is_an_unknown_with_its_reason_and_the_others_complete(
    baseline: Baseline, behave: Behave, organization: Simulation
) -> None:
    """Denied, missing role, crashed, hanging, out of memory, silent: in one run."""
    denied, missing, crashed, hangs, memory, silent, *_ = members(organization)
    organization.faults.add(Fault(kind="deny", service="sts", account_id=denied))
    take_role(organization, missing)
    behave(
        {
            f"prowler {crashed}": "exit 1",
            f"prowler {hangs}": "hang",
            f"prowler {memory}": "killed",
            f"scoutsuite {silent}": "silent",
        }
    )
    ran = baseline("audit", "run", "-p", "6", "--timeout", "0.05", "-o", "json")
    assert ran.code == 1
    reasons = {
        **{(tool, denied): "AccessDenied" for tool in TOOLS},
        **{(tool, missing): "AccessDenied" for tool in TOOLS},
        ("prowler", crashed): "could not start or sign in (exit code 1): Something is wrong",
        ("prowler", hangs): "stopped at the time limit",
        ("prowler", memory): "killed by signal 9",
        ("scoutsuite", silent): "it wrote no results",
    }
    unknown = {
        (r[0], r[1]): r[10] for r in merged("reports") if r[8] == "UNKNOWN" and "every" in r[6]
    }
    assert unknown.keys() == reasons.keys()
    for key, reason in reasons.items():
        assert reason in unknown[key]
    states = {(r["tool"], r["account_id"]): r["status"] for r in ran.rows}
    assert {s for key, s in states.items() if key not in reasons} == {"complete"}
    assert len(states) == 24


def test_an_api_that_throttles_is_tried_again_and_named_when_it_does_not_stop(
    baseline: Baseline, organization: Simulation
) -> None:
    for account, times in ((PRODUCTION, 1), (PAYMENTS, None)):
        organization.faults.add(
            Fault(kind="throttle", service="sts", account_id=account, times=times)
        )
    rows = baseline("audit", "run", PRODUCTION, PAYMENTS, "-o", "json").rows
    assert {r["status"] for r in rows if r["account_id"] == PRODUCTION} == {"complete"}
    throttled = [r for r in rows if r["account_id"] == PAYMENTS]
    assert {r["status"] for r in throttled} == {"not looked"}
    assert all("Throttling" in r["reason"] for r in throttled)
    tries = {(e["account_id"], e["tries"]) for e in the_run()["entries"]}
    assert tries == {(PRODUCTION, 2), (PAYMENTS, 2)}


def test_a_reports_folder_that_cannot_be_written_is_named_before_anything_starts(
    baseline: Baseline,
) -> None:
    Path("reports").touch()
    ran = baseline("audit", "run", PRODUCTION)
    assert (ran.code, ran.out) == (2, "")
    assert "reports: cannot be made" in ran.err
    assert "--reports" in ran.err


def test_a_tool_s_folder_that_cannot_be_written_fails_that_tool_alone(baseline: Baseline) -> None:
    Path("reports").mkdir()
    Path("reports/prowler").touch()
    rows = baseline("audit", "run", PRODUCTION, "-o", "json").rows
    assert [r["status"] for r in rows] == ["failed", "complete"]
    assert "reports/prowler: cannot be made" in rows[0]["reason"]
    assert "--reports" in rows[0]["remedy"]


def test_folders_that_nobody_may_enter_are_named_and_never_taken_for_empty(
    baseline: Baseline,
) -> None:
    """Whoever is root here gives up what lets root enter everywhere."""
    alone = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if alone and not shutil.which(alone[0]):
        pytest.skip("root enters everywhere, and there is no setpriv to change that")

    def audit(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*alone, sys.executable, "-m", "baseline", "audit", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    place = Path("reports/prowler")
    place.mkdir(parents=True)
    place.chmod(0)
    ran = audit("run", PRODUCTION, "-o", "json")
    assert [r["status"] for r in json.loads(ran.stdout)] == ["failed", "complete"]
    assert "cannot be made: Permission denied" in ran.stderr
    place.chmod(0o700)
    Path("reports/runs").chmod(0)
    for arguments in (["run", PRODUCTION], ["run", "--resume"], ["list"], ["report"]):
        ran = audit(*arguments)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "reports/runs: cannot be read: Permission denied" in ran.stderr
    Path("reports/runs").chmod(0o700)


def test_a_disk_that_is_full_is_said_to_be_and_with_room_again_the_run_goes_on(
    baseline: Baseline, behave: Behave
) -> None:
    """On a disk of two megabytes, which Prowler fills in the first account."""
    alone = ("unshare", "--user", "--map-root-user", "--mount")
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this machine gives no mount namespace to make a small disk in")
    behave({f"prowler {PRODUCTION}": "fills the disk"})
    Path("reports").mkdir()
    audit = " ".join(AUDIT)
    script = f"""
        mount -t tmpfs -o size=2m none reports || exit 77
        {audit} {PRODUCTION} {PAYMENTS} 2>full.txt; echo $?
        rm reports/prowler/*/*/filler
        echo '{{}}' > stub-behaviours.json
        {audit} --resume -o json > resumed.json; echo $?
        cat reports/runs/*.json > run.json
    """
    ran = subprocess.run(
        [*alone, "sh", "-c", script], env=os.environ, capture_output=True, text=True, check=False
    )
    if ran.returncode == 77:
        pytest.skip("this machine mounts no tmpfs")
    assert ran.stdout.split() == ["2", "0"], ran.stderr
    said = Path("full.txt").read_text()
    assert "No space left on device. Make room" in said
    assert "Traceback" not in said
    assert [r["status"] for r in json.loads(Path("resumed.json").read_text())] == ["complete"] * 4
    entries = json.loads(Path("run.json").read_text())["entries"]
    assert [e["status"] for e in entries] == ["complete"] * 4


def test_signals_end_everything_also_while_a_run_waits_to_try_again(
    baseline: Baseline, behave: Behave
) -> None:
    Path("baseline.yaml").write_text("audit:\n  pause_seconds: 3600\n")
    behave({f"prowler {PRODUCTION}": "throttled"})
    command = [*AUDIT, PRODUCTION, "--tool", "prowler"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as audit:
        until(complete, seconds=60)
        time.sleep(0.5)
        audit.send_signal(signal.SIGTERM)
        said = audit.communicate(timeout=30)[1]
    assert audit.returncode == 130
    assert "waiting, tried again in 3600 s: throttled 1 times: s3" in said
    behave({})
    assert baseline("audit", "run", "--resume").code == 0
