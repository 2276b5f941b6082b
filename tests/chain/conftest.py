"""A person at a terminal, with a simulated organization behind HTTP."""

from collections.abc import Iterator

import pytest

from baseline.simulation import Simulation
from given_terminal import Baseline, at_a_terminal


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
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        yield run
