"""What tests of commands share: each gets its own copy of its module's ``founded`` organization."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.simulation import Blueprint, Simulation
from given_audits import Behave, stand_in
from given_terminal import Baseline, at_a_terminal


@pytest.fixture(scope="session")
def founded() -> bytes:
    """Nothing was rolled out; a module that needs more has a ``founded`` of its own."""
    simulation = Simulation(Blueprint(misconfigured=False))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def organization(founded: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(founded)
    yield simulation
    simulation.close()


@pytest.fixture
def behave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Behave:
    """Tells the stubs of the audit tools what to do; nothing special unless told."""
    return stand_in(tmp_path, monkeypatch)


@pytest.fixture
def baseline(
    organization: Simulation,
    behave: Behave,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Baseline]:
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        yield run
