"""The front: every request comes in here, as a WSGI application.

It finds out which operation of which service is asked for (by the service in the scope of the
signature), who asks, whether a fault was planted for it, and whether whoever asks may; then lets
our own service answer, or moto; and tells the observers.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from moto.core.request import Request
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from baseline.simulation import absent, identity, switches, wire
from baseline.simulation.identity import Identity
from baseline.simulation.service import Call, ConnectionLost, Refusal
from baseline.simulation.wire import Answer, Operation

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

StartResponse = Callable[..., Any]

# Set by our own transport inside this process; over HTTP nobody can: headers become HTTP_….
ACTING = "baseline.acting"

_SCOPE = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]*)/([^/]+)/aws4_request")
_READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "Select", "BatchGet")
# A page in a browser may have its own host's name point here; it must not be answered.
_LOOPBACK = re.compile(r"(127\.0\.0\.1|([\w.-]+\.)?localhost)(:\d+)?", re.ASCII | re.IGNORECASE)
_NOT_LOOPBACK = Refusal("AccessDenied", "The simulation answers to names of loopback alone.", 403)
_NO_TOKEN = Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403)


@dataclass(frozen=True)
class _Scope:
    access_key_id: str
    region: str
    signing_name: str
    session_token: str


class _Moto(DomainDispatcherApplication):
    """Moto, that does not print to stdout which service it has not got."""

    def __init__(self, create_app: Callable[..., Any]) -> None:
        super().__init__(create_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        # Moto would list its own directory for every request.
        if host not in self._known:
            self._known[host] = self._find(host)
        return self._known[host]

    def _find(self, host: str | None) -> Any:
        if "amazonaws.com" in (host or "") and not any(
            pattern.match(f"http://{host}") for _, pattern in self.backend_url_patterns
        ):
            raise NotImplementedError(f"there is no {host}")
        return super().get_backend_for_host(host)


class Front:
    """Routes requests: faults and permissions first, then our services, then moto."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation
        self._moto = _Moto(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; raises ConnectionAbortedError for a planted timeout."""
        try:
            answer = self._answer_http(environ)
        except ConnectionLost as lost:
            raise ConnectionAbortedError(str(lost)) from None
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*answer.headers])
        return [answer.body]

    def _answer_http(self, environ: dict[str, Any]) -> Answer:
        request = _whole(environ)
        if not _LOOPBACK.fullmatch(environ.get("HTTP_HOST", "")):
            return wire.refuse(None, _NOT_LOOPBACK, wire.new_request_id())
        if environ["PATH_INFO"].startswith(switches.PATH):
            return switches.answer(self._simulation, request)
        return self.answer(environ)

    def answer(self, environ: dict[str, Any]) -> Answer:
        """The answer to one request; raises ConnectionLost."""
        request = _whole(environ)
        request_id = wire.new_request_id()
        operation = None
        try:
            scope = _scope(request)
            operation = wire.identify(request, scope.signing_name)
            caller = environ.get(ACTING) or identity.owner_of(
                self._simulation, scope.access_key_id, scope.session_token
            )
            if operation is None or operation.protocol == wire.CBOR:
                raise _unknown(scope.signing_name)
            call = self._call(request, scope, operation, caller)
            return self._observed(call, operation, request, request_id)
        except Refusal as refusal:
            refused = wire.refuse(operation, refusal, request_id)
            return replace(refused, body=b"") if request.method == "HEAD" else refused

    def ask_moto(self, call: Call) -> dict[str, Any]:
        """Moto's parsed answer to ``call``; raises Refusal."""
        operation = wire.operation_of(call.service, call.operation)
        made = wire.request_of(operation, call.parameters)
        body = made["body"]
        if isinstance(body, dict):
            body = urlencode(body)
        query = made["query_string"]
        request = Request.from_primitives(
            made["method"],
            f"http://{call.service}.{call.region}.amazonaws.com{made['url_path']}"
            + (f"?{query if isinstance(query, str) else urlencode(query)}" if query else ""),
            made["headers"],
            body.encode() if isinstance(body, str) else body,
        )
        request.get_data(cache=True, parse_form_data=False)
        return wire.parse(operation, self._pass_on(call, operation, request))

    def _call(
        self, request: Request, scope: _Scope, operation: Operation, caller: Identity
    ) -> Call:
        return Call(
            account_id=caller.account_id,
            arn=caller.arn,
            access_key_id=caller.access_key_id,
            identity=caller.record,
            region=scope.region,
            service=operation.service,
            operation=operation.name,
            parameters=wire.parameters(request, operation),
            source_ip=caller.invoked_by or request.remote_addr or "127.0.0.1",
            user_agent=caller.invoked_by or request.headers.get("User-Agent", ""),
            time=self._simulation.clock.now(),
            event_id=wire.new_request_id(),
            internal=caller.internal,
        )

    def _observed(
        self, call: Call, operation: Operation, request: Request, request_id: str
    ) -> Answer:
        try:
            result, answer = self._answer(call, operation, request, request_id)
        except Refusal as refusal:
            self._tell(call, None, refusal)
            raise
        self._tell(call, result, None)
        return answer

    def _answer(
        self, call: Call, operation: Operation, request: Request, request_id: str
    ) -> tuple[dict[str, Any], Answer]:
        self._simulation.faults.strike(call)
        self._simulation.authorization.check(call)
        service = self._simulation.services.get(call.service)
        method = service.operation(call.operation) if service else None
        if method is not None:
            result = method(service, call) or {}
            return result, wire.serialize(operation, result, request_id)
        nothing = absent.answer(call, operation.model.output_shape)
        if nothing is not None:
            return nothing, wire.serialize(operation, nothing, request_id)
        answer = self._pass_on(call, operation, request)
        if answer.status < 300 and call.operation.startswith(_READS):  # noqa: PLR2004  # HTTP
            return {}, answer  # nobody reads the answers of reads; parsing them all is slow
        return wire.parse(operation, answer), answer

    def _tell(self, call: Call, result: dict[str, Any] | None, refusal: Refusal | None) -> None:
        for observer in self._simulation.observers:
            observer(call, result, refusal)

    def _pass_on(self, call: Call, operation: Operation, request: Request) -> Answer:
        """Moto's answer; what it has not got, or breaks on, is a Refusal with status 501."""
        environ = {**request.environ, "wsgi.input": io.BytesIO(request.data)}
        environ["CONTENT_LENGTH"] = str(len(request.data))
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account_id
        scope = f"{call.access_key_id}/{call.time:%Y%m%d}/{call.region}"
        signing_name = operation.model.service_model.signing_name
        environ["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential={scope}/{signing_name}/aws4_request, "
            "SignedHeaders=host, Signature=0"
        )
        try:
            body, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except Exception as error:  # the boundary to moto: whatever breaks there
            raise _not_simulated(call, f"{type(error).__name__}: {error}") from error
        answer = Answer(int(status.split()[0]), tuple(headers), b"".join(body))
        if answer.status >= 500 or _is_nothing(answer, request):  # noqa: PLR2004  # HTTP
            raise _not_simulated(call, status)
        return answer


def _whole(environ: dict[str, Any]) -> Request:
    """The request with its body read, so that a connection can be used again."""
    request = Request(environ)
    request.get_data(cache=True, parse_form_data=False)
    environ["wsgi.input"] = io.BytesIO(request.data)
    return request


def _scope(request: Request) -> _Scope:
    signed = request.headers.get("Authorization", "")
    presigned = request.args.get("X-Amz-Credential", "")
    found = _SCOPE.search(signed or f"Credential={presigned}")
    if found is None:
        raise _NO_TOKEN
    token = request.headers.get("X-Amz-Security-Token") or request.args.get("X-Amz-Security-Token")
    return _Scope(found[1], found[3], found[4], token or "")


def _unknown(signing_name: str) -> Refusal:
    return Refusal(
        "NotImplemented", f"The simulation does not know this request to {signing_name}.", 501
    )


def _not_simulated(call: Call, why: str) -> Refusal:
    name = f"{call.service}:{call.operation}"
    return Refusal("NotImplemented", f"The simulation does not answer {name} ({why}).", 501)


def _is_nothing(answer: Answer, request: Request) -> bool:
    """Whether moto's web server answered, which knew no such path or action, and no service."""
    if not answer.body:
        return answer.status == HTTPStatus.NOT_FOUND and request.method != "HEAD"
    return answer.body.lstrip()[:14].lower() == b"<!doctype html"
