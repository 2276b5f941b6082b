"""Requests to operations and parameters, answers to responses, by botocore's service models.

Covers every protocol of AWS: query, ec2, json, rest-json, rest-xml; of smithy-rpc-v2-cbor the
name of the operation and the error, for the services that speak nothing else.
"""

import datetime as dt
import functools
import gzip
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import botocore
import botocore.parsers
import botocore.serialize
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from baseline.simulation.service import Refusal

CBOR = "smithy-rpc-v2-cbor"
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(\w+)$")
_S3_CONTROL = "/v20180820/"
_SIGNING = re.compile(rb'"(signingName|endpointPrefix)"\s*:\s*"([^"]+)"')


@dataclass(frozen=True)
class Operation:
    """What a request asks for, by botocore's names, and the protocol it speaks."""

    service: str
    name: str
    protocol: str
    labels: Mapping[str, Any]

    @property
    def model(self) -> Any:
        """The model of the operation."""
        return get_service_model(self.service).operation_model(self.name)


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@functools.cache
def signing_names() -> dict[str, tuple[str, ...]]:
    """Which services of botocore sign with a name; the one that is called so comes first.

    Reads only the head of each model: all of them whole would take seconds.
    """
    found: dict[str, set[str]] = {}
    for path in (Path(botocore.__file__).parent / "data").glob("*/*/service-2.json*"):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            names = {key: value.decode() for key, value in _SIGNING.findall(file.read(4096))}
        service = path.parent.parent.name
        name = names.get(b"signingName") or names.get(b"endpointPrefix") or service
        found.setdefault(name, set()).add(service)
    return {
        name: tuple(sorted(services, key=lambda s: (s != name, s)))
        for name, services in found.items()
    }


def identify(request: Request, signing_name: str) -> Operation | None:
    """The operation that a request signed for ``signing_name`` asks for, if botocore knows it."""
    for service in signing_names().get(signing_name, (signing_name,)):
        if (service == "s3control") != (signing_name == "s3" and _is_control(request)):
            continue
        operation = _match(request, service)
        if operation:
            return operation
    return None


def _is_control(request: Request) -> bool:
    return bool(request.path.startswith(_S3_CONTROL))


def _match(request: Request, service: str) -> Operation | None:
    try:
        model = get_service_model(service)
        if request.content_type == "application/cbor":
            found = _CBOR_PATH.search(request.path)
            known = found and found[1] in model.operation_names
            return Operation(service, found[1], CBOR, {}) if found and known else None
        protocol = determine_request_protocol(model, request.content_type)
        version = request.values.get("Version") if protocol in ("query", "ec2") else None
        if version not in (None, model.api_version):
            return None
        operation, labels = get_service_router(service).match(request)
    except (NotFound, NotImplementedError, botocore.exceptions.UnknownServiceError):
        return None
    return Operation(service, operation.name, protocol, labels)


def parameters(request: Request, operation: Operation) -> dict[str, Any]:
    """The parameters of a request, as boto3 takes them; times are aware, in UTC."""
    if operation.protocol == CBOR:
        return {}
    parser = PROTOCOL_PARSERS[operation.protocol](operation.model, timestamp_parser=_utc)
    try:
        parsed: dict[str, Any] = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": operation.labels,
            }
        )
    except (RequestParserError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("SerializationException", f"The request cannot be read: {error}") from None
    return parsed


def _utc(value: Any) -> dt.datetime:
    parsed: dt.datetime = parse_timestamp(value)
    return parsed.astimezone(dt.UTC)


def serialize(operation: Operation, result: Mapping[str, Any], request_id: str) -> Answer:
    """The response that says ``result``, a boto3-shaped answer."""
    serializer = get_serializer_class(operation.service, operation.protocol)(
        operation.model, SerializationContext(request_id)
    )
    response = serializer.serialize(dict(result))
    body = response["body"]
    return Answer(
        response["status_code"],
        (*_strings(response["headers"]), *_request_ids(request_id)),
        body.encode() if isinstance(body, str) else body,
    )


def parse(operation: Operation, answer: Answer) -> dict[str, Any]:
    """The boto3-shaped answer of a response; raises Refusal when it is an error."""
    parser = botocore.parsers.create_parser(operation.protocol)
    response = {
        "status_code": answer.status,
        "headers": botocore.awsrequest.HeadersDict(dict(answer.headers)),
        "body": answer.body,
        "context": {"operation_name": operation.name},
    }
    parsed: dict[str, Any] = parser.parse(response, operation.model.output_shape)
    error = parsed.get("Error")
    if answer.status >= 300 and error is not None:  # noqa: PLR2004  # HTTP's first non-success
        raise Refusal(error.get("Code", ""), error.get("Message", ""), answer.status)
    parsed.pop("ResponseMetadata", None)
    return parsed


def request_of(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """The request that asks for ``operation``: url_path, query_string, method, headers, body."""
    serializer = botocore.serialize.create_serializer(operation.protocol)
    made: dict[str, Any] = serializer.serialize_to_request(dict(values), operation.model)
    return made


def refuse(operation: Operation | None, refusal: Refusal, request_id: str) -> Answer:
    """The response that says no, in the form of the operation's protocol."""
    protocol = operation.protocol if operation else "json"
    content_type, body = _ERRORS[protocol](operation, refusal, request_id)
    headers = [("Content-Type", content_type), *_request_ids(request_id)]
    if protocol in ("json", "rest-json"):
        headers.append(("x-amzn-ErrorType", refusal.code))
        # Services that left the query protocol keep its codes here [smithy awsQueryCompatible].
        headers.append(("x-amzn-query-error", f"{refusal.code};Sender"))
    return Answer(refusal.status, tuple(headers), body)


def _json_error(_: Operation | None, refusal: Refusal, __: str) -> tuple[str, bytes]:
    said = {"__type": refusal.code, "message": refusal.message, "Message": refusal.message}
    return "application/x-amz-json-1.1", json.dumps(said).encode()


def _query_error(_: Operation | None, refusal: Refusal, request_id: str) -> tuple[str, bytes]:
    error = f"<Error><Type>Sender</Type>{_code(refusal)}</Error>"
    body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
    return "text/xml", body.encode()


def _ec2_error(_: Operation | None, refusal: Refusal, request_id: str) -> tuple[str, bytes]:
    errors = f"<Errors><Error>{_code(refusal)}</Error></Errors>"
    return "text/xml", f"<Response>{errors}<RequestID>{request_id}</RequestID></Response>".encode()


def _rest_xml_error(
    operation: Operation | None, refusal: Refusal, request_id: str
) -> tuple[str, bytes]:
    if operation is None or operation.service != "s3":
        return _query_error(operation, refusal, request_id)
    body = f"<Error>{_code(refusal)}<RequestId>{request_id}</RequestId></Error>"
    return "application/xml", body.encode()


def _cbor_error(_: Operation | None, refusal: Refusal, __: str) -> tuple[str, bytes]:
    texts = ("__type", refusal.code, "message", refusal.message)
    return "application/cbor", b"\xa2" + b"".join(_cbor_text(text) for text in texts)


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data  # a text with its length in two bytes


def _code(refusal: Refusal) -> str:
    return f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"


_ERRORS = {
    "json": _json_error,
    "rest-json": _json_error,
    "query": _query_error,
    "ec2": _ec2_error,
    "rest-xml": _rest_xml_error,
    CBOR: _cbor_error,
}


def _request_ids(request_id: str) -> tuple[tuple[str, str], ...]:
    return (("x-amzn-RequestId", request_id), ("x-amz-request-id", request_id))


def _strings(headers: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in headers.items())


def new_request_id() -> str:
    """An id as AWS gives every request."""
    return str(uuid.uuid4())


def operation_of(service: str, name: str) -> Operation:
    """The operation of that name, in the protocol that its service prefers."""
    return Operation(service, name, get_service_model(service).resolved_protocol, {})
