"""A person at a terminal, with a simulated organization behind HTTP."""

from collections.abc import Iterator

import pytest

from baseline import cli
from baseline.simulation import Simulation
from given_terminal import Baseline, Ran


@pytest.fixture
def organization() -> Iterator[Simulation]:
    simulation = Simulation()
    yield simulation
    simulation.close()


@pytest.fixture
def baseline(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Baseline]:
    """Runs one ``baseline`` command line; no command may ever show a traceback."""
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
