"""What processor time it takes to start ``baseline``, against the AWS command line."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pairs import compare
from work import installed

AWS_CLI = "awscli>=1.40,<2"
RUNS = 15


def measure() -> Iterator[str]:
    """One line a comparison."""
    peer = aws()
    baseline = Path(sys.executable).with_name("baseline")
    for ours in (["--help"], ["query", "list"]):
        pair = _pair([baseline, *ours], [peer, "--version"])
        yield f"baseline {' '.join(ours)} / aws --version: {pair}"


def _pair(first: list[Path | str], second: list[Path | str]) -> str:
    return str(compare(lambda: _run(first), lambda: _run(second), RUNS, _processors))


def _processors() -> float:
    """Of the programs that were run to their end: what else the machine does is not in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def aws() -> Path:
    """The peer's program."""
    return installed("bench", AWS_CLI) / "aws"


def _run(command: list[Path | str]) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
