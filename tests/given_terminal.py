"""What a command line gives back."""

import json
from collections.abc import Callable, Iterator
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
