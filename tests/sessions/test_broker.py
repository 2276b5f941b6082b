"""Children get keys that renew, each its own account's and nobody else's."""

import json
import queue
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import botocore.session
import pytest

from baseline.errors import CredentialsError
from baseline.parallel import UnexpectedError
from baseline.sessions import Broker, Credentials, Grant, Session


class Lender:
    """A session whose keys can be changed, and can fail."""

    def __init__(self, key: str, lifetime: timedelta | None) -> None:
        self.key = key
        self.lifetime = lifetime
        self.failure: Exception | None = None

    def credentials(self) -> Credentials:
        if self.failure:
            raise self.failure
        ends = datetime.now(UTC) + self.lifetime if self.lifetime else None
        return Credentials(self.key, "secret", "token", ends)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as broker:
        yield broker


def lent(broker: Broker, key: str, lifetime: timedelta | None = None) -> tuple[Lender, Grant]:
    lender = Lender(key, lifetime)
    return lender, broker.lend(cast("Session", lender))


def ask(grant: Grant, token: str) -> dict[str, Any]:
    url = grant.environment({}, "eu-west-1")["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    request = urllib.request.Request(url, headers={"Authorization": token})
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_botocore_takes_the_keys_of_its_own_grant(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, grant = lent(broker, "AKIAFIRST", timedelta(hours=1))
    lent(broker, "AKIASECOND", timedelta(hours=1))
    for name, value in grant.environment({}, "eu-west-1").items():
        monkeypatch.setenv(name, value)
    found = botocore.session.Session().get_credentials()
    assert found.get_frozen_credentials().access_key == "AKIAFIRST"


def test_keys_that_are_about_to_end_are_asked_for_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    lender, grant = lent(broker, "AKIAOLD", timedelta(seconds=5))
    for name, value in grant.environment({}, "eu-west-1").items():
        monkeypatch.setenv(name, value)
    found = botocore.session.Session().get_credentials()
    lender.key, lender.lifetime = "AKIANEW", timedelta(hours=1)
    assert found.get_frozen_credentials().access_key == "AKIANEW"


def test_a_token_opens_one_account_and_nothing_once_taken_back(broker: Broker) -> None:
    _, first = lent(broker, "AKIAFIRST")
    _, second = lent(broker, "AKIASECOND")
    assert ask(first, second.token)["AccessKeyId"] == "AKIASECOND"
    broker.take_back(second)
    for wrong in (second.token, "", "x"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ask(first, wrong)


def test_keys_without_an_end_are_lent_for_an_hour(broker: Broker) -> None:
    _, grant = lent(broker, "AKIA")
    ends = datetime.fromisoformat(ask(grant, grant.token)["Expiration"])
    assert timedelta(minutes=59) < ends - datetime.now(UTC) <= timedelta(hours=1)


def test_why_keys_cannot_be_renewed_is_kept(broker: Broker) -> None:
    lender, grant = lent(broker, "AKIA")
    lender.failure = CredentialsError("the credentials have expired")
    with pytest.raises(urllib.error.HTTPError, match="500"):
        ask(grant, grant.token)
    assert grant.failure is lender.failure


def test_what_nobody_expected_is_answered_and_kept(broker: Broker) -> None:
    """As botocore's RuntimeError when keys were renewed and have ended nevertheless."""
    lender, grant = lent(broker, "AKIA")
    lender.failure = RuntimeError("still expired")
    with pytest.raises(urllib.error.HTTPError, match="500"):
        ask(grant, grant.token)
    assert isinstance(grant.failure, UnexpectedError)
    assert "still expired" in str(grant.failure)


def test_a_child_that_goes_away_leaves_no_traceback(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    """It resets the connection while its keys are looked for; that is no failure of the grant."""
    gone = threading.Event()
    asked: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()

    class Slow(Lender):
        def credentials(self) -> Credentials:
            asked.put(threading.current_thread())
            gone.wait(10)
            return super().credentials()

    grant = broker.lend(cast("Session", Slow("AKIA", None)))
    url = urlsplit(grant.environment({}, "eu-west-1")["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    child = socket.create_connection((str(url.hostname), int(url.port or 0)))
    child.sendall(f"GET {url.path} HTTP/1.0\r\nAuthorization: {grant.token}\r\n\r\n".encode())
    child.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    answering = asked.get(timeout=10)
    child.close()
    gone.set()
    answering.join(10)
    assert capfd.readouterr() == ("", "")
    assert grant.failure is None


def test_who_connects_and_says_nothing_is_not_waited_for() -> None:
    with Broker(patience=0.1) as broker:
        _, grant = lent(broker, "AKIA")
        url = urlsplit(grant.environment({}, "eu-west-1")["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=10) as idle:
            idle.sendall(b"GET ")
            assert idle.recv(1) == b""


def test_a_child_learns_where_aws_is_and_never_who_we_are(broker: Broker) -> None:
    _, grant = lent(broker, "AKIA")
    ours = {
        "AWS_ACCESS_KEY_ID": "AKIAOURS",
        "AWS_PROFILE": "ours",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_CA_BUNDLE": "/bundle",
        "BASELINE_TOOLS": "/tools",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOG_LEVEL": "CRITICAL",
        "GITHUB_TOKEN": "ghp_ours",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
        "https_proxy": "http://proxy:3128",
    }
    environment = grant.environment(ours, "eu-west-1")
    kept = {"AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "HOME", "LC_ALL", "https_proxy"}
    assert ours.keys() & environment.keys() == kept
    assert environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert "secret" not in str(environment)
