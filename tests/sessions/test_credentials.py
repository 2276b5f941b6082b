"""Keys are replaced in time, and serve until they end when they cannot be."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from baseline.errors import BaselineError, CredentialsError, ThrottledError
from baseline.sessions import Credentials, Session, open_session
from baseline.sessions.credentials import ending, renewing
from baseline.simulation import Simulation
from baseline.simulation.service import Call
from baseline.simulation.sts import Sts

MAIN, PRODUCTION = "100000000001", "400000000004"
ROLE = "OrganizationAccountAccessRole"


def keys(name: str, seconds: float) -> Credentials:
    return Credentials(name, "secret", "token", datetime.now(UTC) + timedelta(seconds=seconds))


def failing(error: BaselineError, tries: list[int]) -> Callable[[], Credentials]:
    def fetch() -> Credentials:
        tries.append(1)
        raise error

    return fetch


def test_keys_that_cannot_be_replaced_serve_until_they_end() -> None:
    """A moment in which STS does not answer ends nothing, and STS is not asked at each call."""
    tries: list[int] = []
    credentials = renewing(keys("OLD", 60), failing(ThrottledError("slow"), tries), 3600)
    assert [credentials.get_frozen_credentials().access_key for _ in range(5)] == ["OLD"] * 5
    assert len(tries) == 1


def test_once_they_have_ended_the_reason_is_raised_without_asking_again() -> None:
    tries: list[int] = []
    credentials = renewing(keys("OLD", -1), failing(ThrottledError("slow"), tries), 3600)
    for _ in range(3):
        with pytest.raises(ThrottledError, match="slow"):
            credentials.get_frozen_credentials()
    assert len(tries) == 1


def test_keys_that_nothing_renews_say_so_in_the_end() -> None:
    error = CredentialsError("the session ended")
    assert ending(keys("A", 5), error).get_frozen_credentials().access_key == "A"
    with pytest.raises(CredentialsError, match="the session ended"):
        ending(keys("A", -1), error).get_frozen_credentials()


@pytest.mark.parametrize(("left", "renewed"), [(3000, False), (800, True), (60, True)])
def test_of_an_hour_the_last_quarter_is_for_renewing(left: float, renewed: bool) -> None:
    credentials = renewing(keys("OLD", left), lambda: keys("NEW", 3600), 3600)
    assert (credentials.get_frozen_credentials().access_key == "NEW") is renewed


def test_short_sessions_are_not_replaced_at_every_call() -> None:
    """Of fifteen minutes, too, only the last quarter."""
    credentials = renewing(keys("OLD", 600), lambda: keys("NEW", 900), 900)
    assert credentials.get_frozen_credentials().access_key == "OLD"


def test_many_children_at_once_get_keys_with_their_own_end(simulation: Simulation) -> None:
    """Always about to end, and asked for by eight threads: none is told another key's end."""
    simulation.longest_session = 60
    session = open_session(transport=simulation.transport).assume(PRODUCTION, ROLE)
    barrier = threading.Barrier(8)

    def ask(_: int) -> list[Credentials]:
        barrier.wait()
        return [session.credentials() for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        given = [key for found in pool.map(ask, range(8)) for key in found]
    for key in given:
        issued = simulation.issued.by_key[key.access_key_id]
        assert key.expiration == issued.expiration.replace(microsecond=0)


class Elsewhere(Sts):
    """An endpoint that says the right account, and hands out the keys in ``wrong``, once set."""

    name: ClassVar[str] = "sts"
    wrong: dict[str, Any] | None = None

    def assume_role(self, call: Call) -> dict[str, Any]:
        answer = super().assume_role(call)
        return answer | {"Credentials": self.wrong} if self.wrong else answer


def test_whose_keys_they_are_is_asked_again_when_they_are_renewed(
    simulation: Simulation,
) -> None:
    """Keys of an account that was not asked for are never given."""
    main = open_session(transport=simulation.transport)
    simulation.services["sts"] = sts = Elsewhere(simulation)
    simulation.longest_session = 4
    member = main.assume(PRODUCTION, ROLE)
    simulation.longest_session = None
    sts.wrong = main.client("sts").get_session_token()["Credentials"]
    with pytest.raises(CredentialsError, match=f"asked for account {PRODUCTION} and got .*{MAIN}"):
        keep_asking(member, never=sts.wrong["AccessKeyId"])


def keep_asking(session: Session, never: str) -> None:
    for _ in range(100):
        assert session.credentials().access_key_id != never
        time.sleep(0.05)
