"""One organization is founded a session; every test gets its own copy of it."""

from collections.abc import Callable, Iterator

import pytest

from baseline.sessions import Session, open_session
from baseline.simulation import Blueprint, Simulation

PRODUCTION = "400000000004"


@pytest.fixture(scope="session")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def simulation(founded: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(founded)
    yield simulation
    simulation.close()


@pytest.fixture(params=["in process", "over HTTP"])
def signed_in(
    request: pytest.FixtureRequest, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Session]]:
    """Opens the administrator's session, over either transport."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    with simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            monkeypatch.setenv(name, value)
        if request.param == "over HTTP":
            yield open_session
        else:
            monkeypatch.delenv("AWS_ENDPOINT_URL")
            monkeypatch.delenv("AWS_ENDPOINT_URL_S3_CONTROL")
            yield lambda: open_session(transport=simulation.transport)


@pytest.fixture
def administrator(signed_in: Callable[[], Session]) -> Session:
    return signed_in()


@pytest.fixture
def member(administrator: Session) -> Session:
    return administrator.assume(PRODUCTION, "OrganizationAccountAccessRole")
