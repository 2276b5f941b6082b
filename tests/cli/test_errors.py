"""What a user sees when something goes wrong, here or there."""

import subprocess
import sys
from pathlib import Path

import pytest

from baseline import cli
from baseline.errors import BaselineError
from given_logs import an_event, given_a_log


def test_an_error_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["accounts", "--config", "missing.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Error: missing.yaml: there is no such file. Make one with: baseline init\n"


@pytest.mark.parametrize("arguments", [["--debug"], []])
def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    if not arguments:
        monkeypatch.setenv("BASELINE_DEBUG", "1")
    with pytest.raises(BaselineError):
        cli.run([*arguments, "accounts", "--config", "missing.yaml"])


def test_usage_errors_are_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["no-such-command"]) == 2
    assert "no-such-command" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "meant"), [(["rolout", "plan"], "rollout"), (["logs", "colect"], "collect")]
)
def test_a_misspelt_command_is_told_what_was_meant(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On every level, also where commands are not imported before they are called."""
    assert cli.run(arguments) == 2
    assert f"Did you mean '{meant}'?" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_answer_that_no_disk_has_room_for_is_an_error_in_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        asked = [sys.executable, "-m", "baseline", "query", "list", "-o", "json"]
        ran = subprocess.run(asked, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 2
    assert "the answer: cannot be written: No space left on device. Make room" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_demo_clears_no_directory_that_is_not_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A project has a baseline.yaml and a lake, too."""
    precious = tmp_path / "project" / "lake"
    precious.mkdir(parents=True)
    (precious / "part.parquet").write_bytes(b"precious")
    assert cli.run(["demo", "--directory", "project"]) == 2
    assert "project" in capsys.readouterr().err
    assert (precious / "part.parquet").read_bytes() == b"precious"


def test_an_error_does_not_hand_on_what_a_log_says_to_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """DuckDB quotes the value that it could not cast, and anybody can write into a log."""
    given_a_log(tmp_path, an_event(eventName="\x1b[31mPwn\x1b]0;title\x07\u009b2J"))
    cast = "select cast(eventname as integer) from auditing.cloudtrail"
    assert cli.run(["query", "run", "--source", ".", "--sql", cast]) == 2
    told = capsys.readouterr().err
    assert "Pwn" in told
    assert told.replace("\n", "").isprintable()
    assert cli.run(["query", "run", "\x1b[31mPwn"]) == 2
    assert cli.run(["\x1b[31mPwn"]) == 2
    assert capsys.readouterr().err.replace("\n", "").isprintable()
