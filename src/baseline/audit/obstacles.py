"""What kept a tool from looking, read from what it logs.

Both tools end normally when calls are denied, throttled or unsigned; only their logs tell.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why an answer is missing."""

    DENIED = "denied"
    THROTTLED = "throttled"
    CREDENTIALS = "credentials"
    UNREACHABLE = "unreachable"
    FAILING = "failing"
    CRASHED = "crashed"
    NOT_AVAILABLE = "not available"
    TOOL = "tool"


# A result with one of these misses something that another try, or another right, would bring.
WEIGHTY = frozenset({Kind.DENIED, Kind.THROTTLED, Kind.CREDENTIALS, Kind.UNREACHABLE, Kind.FAILING})
# Another try may do without these.
TRANSIENT = frozenset({Kind.THROTTLED, Kind.CREDENTIALS, Kind.UNREACHABLE, Kind.FAILING})

# The endpoint has not got the call, or the service is not offered to this account.
_NOT_AVAILABLE = re.compile(
    r"An error occurred \((501|NotImplemented\w*|UnknownOperation\w*|SubscriptionRequired\w*"
    r"|OptInRequired)\)"
    # A host prefix before a loopback address can never be resolved; AWS has no such endpoint.
    r'|Could not connect to the endpoint URL: "https?://[\w-]+\.(127\.0\.0\.1|localhost)[:/]'
)
_KINDS = (
    (Kind.NOT_AVAILABLE, _NOT_AVAILABLE),
    (
        Kind.CREDENTIALS,
        re.compile(
            r"ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClient|AuthFailure"
            r"|CredentialRetrievalError|NoCredentialsError|Unable to locate credentials"
            r"|Error when retrieving credentials|TokenRetrievalError"
        ),
    ),
    (Kind.THROTTLED, re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|\(SlowDown\)")),
    (
        Kind.DENIED,
        re.compile(
            r"\((AccessDenied\w*|UnauthorizedOperation|Unauthorized\w*|AuthorizationError\w*"
            r"|InsufficientPermissions\w*|403)\)|not authorized to perform"
        ),
    ),
    (
        Kind.UNREACHABLE,
        re.compile(
            r"EndpointConnectionError|Could not connect to the endpoint|ConnectTimeout|ReadTimeout"
            r"|Read timeout|Connect timeout|ConnectionClosed|SSLError|ProxyConnectionError"
        ),
    ),
    (
        Kind.FAILING,
        re.compile(r"An error occurred \((5\d\d|Internal\w*|ServiceUnavailable\w*)\)"),
    ),
    (
        Kind.CRASHED,  # a whole service of ScoutSuite's, a whole check of Prowler's
        re.compile(r"^Could not fetch \w+ configuration|^[a-z0-9]+_\w+ - \w+\[\d+\]: "),
    ),
)
_OPERATION = re.compile(r"when calling the (\w+) operation")
# AWS gave an answer which the tool logs as an error: that a bucket has no policy, for one.
_ANSWERED = re.compile(r"An error occurred \(")


@dataclass(frozen=True)
class Obstacle:
    """``count`` times something was not seen, for one ``kind`` of reason; ``example`` is one."""

    kind: Kind
    service: str
    region: str
    operation: str
    count: int
    example: str


def kind_of(message: str) -> Kind | None:
    """Why ``message`` means that something was not seen; None when AWS did answer."""
    for kind, pattern in _KINDS:
        if pattern.search(message):
            return kind
    return None if _ANSWERED.search(message) else Kind.TOOL


def gather(errors: Iterable[tuple[str, str, str]]) -> tuple[Obstacle, ...]:
    """The obstacles in ``errors``, each (service, region, message); equal ones are counted."""
    counts: dict[tuple[Kind, str, str, str], tuple[int, str]] = {}
    for service, region, message in errors:
        kind = kind_of(message)
        if kind is None:
            continue
        operation = _OPERATION.search(message)
        key = (kind, service, region, operation[1] if operation else "")
        count, example = counts.get(key, (0, message[:300]))
        counts[key] = (count + 1, example)
    return tuple(Obstacle(*key, count, example) for key, (count, example) in counts.items())
