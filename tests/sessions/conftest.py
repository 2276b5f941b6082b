"""A simulated organization for sessions to speak to, inside the process."""

from collections.abc import Iterator

import pytest

from baseline.simulation import Blueprint, Simulation


@pytest.fixture(scope="session")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def simulation(founded: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    """The simulation, with its administrator's keys in the environment."""
    simulation = Simulation.restore(founded)
    for name, value in simulation.environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    yield simulation
    simulation.close()
