"""The demo, as a user runs it, with the real tools; what it prints is true."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Kept before the tests are cut off from the environment; the tools are installed where it says.
TOOLS = os.environ.get("BASELINE_TOOLS", "")
BASELINE = str(Path(sys.executable).with_name("baseline"))


def ran(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(BASELINE).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        check=False,
        cwd=directory,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )


def number(shell_command: str, directory: Path) -> str:
    """What the command that the demo names says now, in the demo's words."""
    answer = ran(["bash", "-c", f"{shell_command} -o json"], directory)
    rows = json.loads(answer.stdout)
    if "count(*)" in shell_command:
        return str(rows[0]["n"])
    return str(len(rows))


@pytest.mark.tools
def test_the_demo_ends_well_and_each_number_can_be_had_again(tmp_path: Path) -> None:
    tools = ["--tools-dir", TOOLS] if TOOLS else []
    done = ran([BASELINE, "demo", "--directory", "demo", "-o", "json", *tools], tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    facts = {fact["what"]: fact for fact in json.loads(done.stdout)}
    directory = tmp_path / "demo"

    assert facts["active accounts"]["number"] == "6"
    assert facts["what the plan says now"]["number"] == "330 to skip"
    assert facts["checks of the services"]["number"].endswith("PASS, 0 UNKNOWN, 0 FAIL")
    assert facts["complete scans"]["number"] == "4 of 4"
    counts = [int(facts[f"events where date > '{d}'"]["number"]) for d in DATES]
    assert counts[0] > counts[1] > counts[2] > 0

    assert int(facts["flow records in the lake"]["number"]) > 0

    local = [f for f in facts.values() if f["command"].startswith("baseline query")]
    assert len(local) == 10
    assert {f["what"]: number(f["command"], directory) for f in local} == {
        f["what"]: f["number"] for f in local
    }
    for what in ("what the plan says now", "checks of the services"):
        again = ran(["bash", "-c", facts[what]["command"]], directory)
        assert facts[what]["number"] in again.stderr.splitlines(), what
    scans = json.loads(ran([BASELINE, "audit", "report", "-o", "json"], directory).stdout)
    assert str(sum(scan["fail"] for scan in scans)) == facts["findings: fail"]["number"]
    assert (directory / "reports" / "index.html").is_file()
    (new,) = (fact for what, fact in facts.items() if what.startswith("new since "))
    report = ran(["bash", "-c", f"{new['command']} --format json -o json"], directory)
    assert str(sum(row.get("new") or 0 for row in json.loads(report.stdout))) == new["number"]
    whole = json.loads((directory / "reports/report/report.json").read_text())
    found = {(f["tool"], f["check"]) for f in whole["findings"] if f["change"] == "new"}
    assert {("guardduty", MINING), ("config", "baseline-restricted-ssh")} <= found
    assert {row["status"] for row in whole["coverage"]} == {"PASS"}
    assert {s["name"] for s in whole["sources"]} == {"prowler", "scoutsuite", "guardduty", "config"}
    assert [q["total"] for q in whole["queries"]] == [5, 1, 1]
    assert "Held back (new, high): guardduty" in done.stderr
    assert (directory / "reports/report/report.html").is_file()


MINING = "CryptoCurrency:EC2/BitcoinTool.B!DNS"
DATES = ("2019", "2019-07", "2019-07-23")
