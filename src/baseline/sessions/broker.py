"""Credentials for programs that we start: lent over loopback, renewed, and never on disk.

A child gets an address and a token of its own instead of keys. It asks whenever its keys are about
to end, in the way that every AWS SDK knows from containers, so that it outlives any session
[AWS SDKs and Tools Reference Guide: container credential provider].
"""

import http.server
import json
import os
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from baseline.errors import BaselineError
from baseline.parallel import UnexpectedError
from baseline.sessions.session import Session
from baseline.sessions.surroundings import towards_aws

# The provider asks again when the keys end; keys without an end are asked for hourly.
_LENT = timedelta(hours=1)
# Seconds in which a child has to say what it wants.
_PATIENCE = 10.0


class Grant:
    """One session, lent: what a child has to know to use it, and why it could not be renewed."""

    def __init__(self, session: Session, url: str) -> None:
        self.session = session
        self.failure: BaselineError | None = None
        self._url = url
        self._token = secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The secret that the child shows; it is good for this account alone."""
        return self._token

    def environment(self, base: Mapping[str, str], region: str) -> dict[str, str]:
        """What a child may see of ``base``, and this grant as its only identity."""
        return towards_aws(base) | {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self._url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_DEFAULT_REGION": region,
        }

    def answer(self) -> dict[str, str]:
        """The keys as a container endpoint words them; raises what renewing them raises."""
        keys = self.session.credentials()
        ends = keys.expiration or datetime.now(UTC) + _LENT
        return {
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "Token": keys.session_token or "",
            "Expiration": ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


class Broker:
    """The loopback endpoint that lends sessions; use it as a context manager."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._grants: dict[str, Grant] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.grants = self._grants
        self._server.patience = patience

    def __enter__(self) -> Self:
        """Start to answer."""
        threading.Thread(target=self._server.serve_forever, name="broker", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; every grant ends."""
        self._grants.clear()
        self._server.shutdown()
        self._server.server_close()

    def lend(self, session: Session) -> Grant:
        """Lend ``session`` until it is taken back."""
        grant = Grant(session, f"http://127.0.0.1:{self._server.server_address[1]}/credentials")
        self._grants[grant.token] = grant
        return grant

    def take_back(self, grant: Grant) -> None:
        """End ``grant``: its token opens nothing any more."""
        self._grants.pop(grant.token, None)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    grants: dict[str, Grant]
    patience: float

    def handle_error(self, *_: object) -> None:
        """Say nothing: a child that goes away while it is answered wants no answer any more."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def setup(self) -> None:
        self.request.settimeout(self.server.patience)
        super().setup()

    def do_GET(self) -> None:
        shown = self.headers.get("Authorization", "")
        # The tokens are random and 256 bits long: looking one up leaks nothing of another.
        grant = self.server.grants.get(shown)
        if grant is None:
            self._reply(403, {"code": "AccessDenied", "message": "no such token"})
            return
        self._reply(*_asked(grant))

    def _reply(self, status: int, answer: dict[str, str]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has
        """Say nothing: who asks when is nobody's log."""


def _asked(grant: Grant) -> tuple[int, dict[str, str]]:
    """Status and answer; the grant keeps why there are no keys."""
    try:
        return 200, grant.answer()
    except BaselineError as error:
        grant.failure = error
    except Exception as error:  # noqa: BLE001  # the child needs an answer, whatever went wrong
        grant.failure = UnexpectedError(error)
    return 500, {"code": "CannotRenew", "message": str(grant.failure)}
