"""What a command line gives back."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from baseline import cli
from baseline.simulation import Simulation


@dataclass(frozen=True)
class Ran:
    """What one command gave back."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """The answer of a command with ``-o json``."""
        return json.loads(self.out)


Baseline = Callable[..., Ran]


@contextmanager
def at_a_terminal(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Baseline]:
    """Runs ``baseline`` command lines against the organization; none may show a traceback."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with organization.serve() as url:
        for name, value in organization.environment(url).items():
            monkeypatch.setenv(name, value)

        def run(*arguments: str) -> Ran:
            capsys.readouterr()
            code = cli.run(list(arguments))
            said = capsys.readouterr()
            assert "Traceback" not in said.err
            return Ran(code, said.out, said.err)

        yield run


def type_at_terminal(arguments: list[str], lines: Iterable[str]) -> tuple[str, int]:
    """What a terminal of its own showed, and the exit code; a line is typed at each question."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "baseline", *arguments]
    child = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, start_new_session=True)
    os.close(end)
    said, left = "", (f"{line}\n" for line in lines)
    while chunk := _shown(terminal):
        said += chunk
        # With the space, which comes when what was typed before has been thrown away.
        if said.endswith(": "):
            os.write(terminal, next(left, "\4").encode())
    os.close(terminal)
    return said, child.wait()


def _shown(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # the other end is closed
        return ""
