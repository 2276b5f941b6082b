"""``baseline logs collect``: what it prints, and with which exit code it ends."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline import cli
from baseline.simulation import Blueprint, Simulation
from given_logs import a_delivery, a_key, an_event, given_a_flow_log, given_a_log, given_an_object

MAIN = "100000000001"
HOME = "eu-west-1"
TRAIL = f"baseline-cloudtrail-{MAIN}-{HOME}"
FLOWS = f"baseline-flowlogs-{MAIN}-{HOME}"

Output = pytest.CaptureFixture[str]


@pytest.fixture
def simulation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Simulation]:
    simulation = Simulation(Blueprint())
    with simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            monkeypatch.setenv(name, value)
        (tmp_path / "baseline.yaml").write_text(f"home_region: {HOME}\n")
        yield simulation
    simulation.close()


def given_a_bucket(simulation: Simulation, name: str, root: Path | None = None) -> None:
    """A bucket of the main account with what lies below ``root``."""
    s3 = simulation.client("s3", HOME, MAIN)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": HOME})
    for file in sorted(root.rglob("*.gz")) if root else ():
        key = file.as_posix().removeprefix(f"{root}/")
        s3.put_object(Bucket=name, Key=key, Body=file.read_bytes())


def test_a_directory_is_collected_once(tmp_path: Path, capsys: Output) -> None:
    """New objects and events are counted, and known ones on the second run."""
    given_a_log(tmp_path / "bucket", an_event(1), an_event(2))
    command = ["logs", "collect", "--source", "bucket", "-o", "json"]
    assert cli.run(command) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["objects"], first["events"], first["known"]) == (1, 2, 0)
    assert first["lake"] == str(tmp_path / "lake")
    assert cli.run(command) == 0
    second = json.loads(capsys.readouterr().out)
    assert (second["objects"], second["events"], second["known"]) == (0, 0, 1)


def test_bad_objects_are_named_and_the_good_ones_count(tmp_path: Path, capsys: Output) -> None:
    """Exit 1, each on a line of stderr, and in the JSON."""
    given_a_log(tmp_path / "bucket", an_event(1))
    bad = a_key(minute="1005Z")
    given_an_object(tmp_path / "bucket", bad, a_delivery(an_event(2))[:-10])
    assert cli.run(["logs", "collect", "--source", "bucket", "-o", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["events"] == 1
    assert json.loads(out)["set_aside"][0]["object"] == bad
    assert f"{bad} is truncated" in err


def test_a_hostile_name_cannot_steer_the_terminal(tmp_path: Path, capsys: Output) -> None:
    """Control characters are replaced where people read them."""
    given_an_object(tmp_path / "bucket", a_key(mark="\x1b[2Jevil"), b"x")
    assert cli.run(["logs", "collect", "--source", "bucket"]) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "evil" in err


def test_duplicates_are_said(tmp_path: Path, capsys: Output) -> None:
    """With the view that has each event once."""
    given_a_log(tmp_path / "bucket", an_event(1), an_event(1))
    assert cli.run(["logs", "collect", "--source", "bucket"]) == 0
    assert "1 events were delivered more than once" in capsys.readouterr().out


def test_a_source_without_logs_is_said_in_a_sentence(tmp_path: Path, capsys: Output) -> None:
    """AWSLogs is there, and nothing in it yet."""
    (tmp_path / "bucket/AWSLogs").mkdir(parents=True)
    assert cli.run(["logs", "collect", "--source", "bucket"]) == 0
    said = capsys.readouterr().err
    assert "No log folders are there that match. CloudTrail delivers about every 5 minutes" in said


def test_on_the_simulation_it_is_said_how_logs_come(
    simulation: Simulation, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_a_bucket(simulation, TRAIL)
    monkeypatch.setenv("BASELINE_SIMULATION_TOKEN", "secret")
    assert cli.run(["logs", "collect"]) == 0
    said = capsys.readouterr().err
    assert "The simulation delivers when a command begins (baseline simulate --state" in said
    assert "$AWS_ENDPOINT_URL/_simulation/deliver" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--source", "nowhere"], "nowhere: there is no such directory"),
        (["--source", "."], "holds no AWSLogs/"),
        (["--source", "baseline.yaml"], "is not a directory"),
        (["--source", "full", "--since", "yesterday"], "'yesterday' is no day"),
        (["--source", "full", "--until", "9999-12-31"], "'9999-12-31' is no day"),
        (["--source", "full", "--since", "2026-07-011"], "'2026-07-011' is no day"),
        (
            ["--source", "full", "--since", "2026-02-01", "--until", "2026-01-01"],
            "is after --until",
        ),
        (["--source", "full", "--account", "production"], "'production' is no account id"),
        (["--source", "full", "--lake", "baseline.yaml/x"], "no lake can be made here"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(
    tmp_path: Path, capsys: Output, arguments: list[str], sentence: str
) -> None:
    """Nothing on stdout, no traceback."""
    (tmp_path / "baseline.yaml").write_text("prefix: baseline\n")
    given_a_log(tmp_path / "full")
    assert cli.run(["logs", "collect", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_the_central_buckets_are_the_default(
    simulation: Simulation, tmp_path: Path, capsys: Output
) -> None:
    """Both, over S3, with the caller's own credentials."""
    given_a_log(tmp_path / "trail", an_event(1), an_event(2))
    given_a_log(tmp_path / "trail", an_event(3), account="400000000004", day="2026-07-02")
    line = "2 1 eni-1 10.0.0.1 10.0.0.2 443 51000 6 10 840 1 2 ACCEPT OK"
    given_a_flow_log(tmp_path / "flows", line)
    given_a_bucket(simulation, TRAIL, tmp_path / "trail")
    given_a_bucket(simulation, FLOWS, tmp_path / "flows")
    assert cli.run(["logs", "collect", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["objects"], found["events"], found["flow_records"]) == (3, 3, 1)
    assert found["sources"] == [f"s3://{TRAIL}/", f"s3://{FLOWS}/"]


def test_a_copy_of_the_bucket_holds_nothing_new(
    simulation: Simulation, tmp_path: Path, capsys: Output
) -> None:
    """An object is the same object wherever it lies."""
    given_a_log(tmp_path / "trail", an_event(1))
    given_a_bucket(simulation, TRAIL, tmp_path / "trail")
    assert cli.run(["logs", "collect"]) == 0
    capsys.readouterr()
    assert cli.run(["logs", "collect", "--source", "trail", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["known"] == 1


def test_accounts_are_known_by_name(simulation: Simulation, tmp_path: Path, capsys: Output) -> None:
    """Where AWS can be asked for names."""
    given_a_log(tmp_path / "trail", an_event(1))
    given_a_log(tmp_path / "trail", an_event(2), account="400000000004")
    given_a_bucket(simulation, TRAIL, tmp_path / "trail")
    assert cli.run(["logs", "collect", "--account", "production", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["events"] == 1
    assert cli.run(["logs", "collect", "--account", "123456789012"]) == 1
    assert "There are no such logs of 123456789012." in capsys.readouterr().err
    assert cli.run(["logs", "collect", "--account", "nobody"]) == 2
    assert "there is no account 'nobody'" in capsys.readouterr().err


def test_an_empty_bucket_is_said_in_a_sentence(simulation: Simulation, capsys: Output) -> None:
    """Nothing is wrong yet: exit 0, and what to check."""
    given_a_bucket(simulation, TRAIL)
    assert cli.run(["logs", "collect"]) == 0
    assert "No log folders are there that match" in capsys.readouterr().err


def test_a_missing_bucket_is_an_error(simulation: Simulation, capsys: Output) -> None:
    """Exit 2, with its name; and no empty lake is left that would answer "nothing"."""
    assert cli.run(["logs", "collect"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"s3://{TRAIL}: there is no such bucket" in err
    assert cli.run(["query", "run", "RootLogin30Days"]) == 2
    assert "lake: there is no lake here" in capsys.readouterr().err


def test_without_credentials_there_is_no_default(capsys: Output) -> None:
    """And the remedy is named."""
    assert cli.run(["logs", "collect"]) == 2
    assert "no AWS credentials were found" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["collect", "gaps", "validate"])
def test_a_region_that_nobody_knows_is_refused(
    tmp_path: Path, capsys: Output, command: str
) -> None:
    """Misspelled it would be a region without a log, and no lake is made for it; a quiet one is."""
    given_a_log(tmp_path / "bucket", an_event(1))
    asked = ["logs", command, "--source", "bucket", "--region", "eu-west-1", "--region"]
    assert cli.run([*asked, "eu-wst-1"]) == 2
    said = "there is no region eu-wst-1. Did you mean eu-west-1?"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "lake").exists()
    cli.run([*asked, "ap-south-2"])
    assert "there is no region" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["collect", "gaps"])
def test_a_region_with_logs_need_not_be_known(tmp_path: Path, capsys: Output, command: str) -> None:
    """AWS may have opened it after this release."""
    given_an_object(tmp_path / "bucket", a_key(region="xx-new-1"), a_delivery(an_event(1)))
    cli.run(["logs", command, "--source", "bucket", "--region", "xx-new-1"])
    assert "there is no region" not in capsys.readouterr().err


IMPATIENT = """
import os, signal, sys, threading, time
from baseline import cli
from baseline.logs.source import Directory
read = Directory.read
def impatiently(self, key):
    for _ in range(2):
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.3)
    return read(self, key)
Directory.read = impatiently
code = cli.run(["logs", "collect", "--source", "copy", "--lake", "case"])
assert not [thread for thread in threading.enumerate() if thread.name.startswith("each")]
sys.exit(code)
"""


def test_a_second_ctrl_c_leaves_no_step_behind(tmp_path: Path, capsys: Output) -> None:
    """A thread that outlives the interpreter ends it with an abort."""
    given_a_log(tmp_path / "copy", an_event(1))
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (130, False)
    arguments = ["--source", str(tmp_path / "copy"), "--lake", str(tmp_path / "case")]
    assert cli.run(["logs", "collect", *arguments]) == 0
    assert "1 events" in capsys.readouterr().out
