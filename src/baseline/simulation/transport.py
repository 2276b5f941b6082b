"""Calls inside the process: botocore asks, the front answers, and no socket is opened."""

import contextvars
import io
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
from moto.core.request import Request

from baseline.errors import AwsError
from baseline.sessions import Session
from baseline.simulation import identity
from baseline.simulation.front import ACTING
from baseline.simulation.identity import Identity
from baseline.simulation.service import ConnectionLost

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

# As whom this thread calls, for the clients that the simulation has of itself.
_ACTING: contextvars.ContextVar[Identity | None] = contextvars.ContextVar("acting", default=None)


class Transport:
    """botocore's ``before-send`` handler that stands in for the network."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation

    def __call__(self, request: Any, **_: Any) -> botocore.awsrequest.AWSResponse:
        """Answer a prepared request; raises botocore's error when a fault breaks the line."""
        made = Request.from_primitives(
            request.method, request.url, request.headers, _body(request.body)
        )
        environ = made.environ
        environ["REMOTE_ADDR"] = "127.0.0.1"
        acting = _ACTING.get()
        if acting is not None:
            environ[ACTING] = acting
        try:
            answer = self._simulation.front.answer(environ)
        except ConnectionLost:
            raise botocore.exceptions.ReadTimeoutError(endpoint_url=request.url) from None
        headers = botocore.awsrequest.HeadersDict(answer.headers)
        return botocore.awsrequest.AWSResponse(
            request.url, answer.status, headers, _Raw(answer.body)
        )


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, amount: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


class Clients:
    """Clients of the simulation itself, in any account: one is made for a service and region.

    Making a client is slow, so those of the accounts share it and differ in whom they act as.
    """

    def __init__(self, transport: Transport, main_account_id: str) -> None:
        self._transport = transport
        self._main_account_id = main_account_id
        self._session: Session | None = None
        self._opening = threading.Lock()

    def client(self, service: str, region: str, acting: Identity) -> Any:
        """A client that acts as ``acting``; it raises the errors of ``baseline.errors``."""
        shared = self._own_session().client(service, region)
        twin = object.__new__(type(shared))
        twin.__dict__.update(shared.__dict__)
        call = shared._make_api_call  # noqa: SLF001  # every operation goes through it
        twin._make_api_call = _acting(call, acting, f"{region} {service}")  # so too
        return twin

    def _own_session(self) -> Session:
        with self._opening:
            if self._session is None:
                self._session = self._open()
            return self._session

    def _open(self) -> Session:
        token = _ACTING.set(identity.itself(self._main_account_id))
        try:
            keys = botocore.credentials.Credentials("AKIASIMULATIONITSELF", "none")
            return Session(keys, "us-east-1", self._transport, attempts=1)
        finally:
            _ACTING.reset(token)


def _acting(call: Callable[[str, Any], Any], acting: Identity, place: str) -> Callable[..., Any]:
    def calling(operation: str, parameters: Any) -> Any:
        token = _ACTING.set(acting)
        try:
            return call(operation, parameters)
        except AwsError as error:
            error.where = f"{acting.account_id} {place}:{operation}"
            raise
        finally:
            _ACTING.reset(token)

    return calling
