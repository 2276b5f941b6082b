"""What a user sees when something goes wrong, here or there."""

from pathlib import Path

import pytest

from baseline import cli
from baseline.errors import BaselineError


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
