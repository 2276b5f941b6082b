"""What kept a tool from looking, read from what it logs.

Both tools end normally when calls are denied, throttled or unsigned; only their logs tell.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Why an answer is missing."""

    DENIED = "denied"
    THROTTLED = "throttled"
    CREDENTIALS = "credentials"
    UNREACHABLE = "unreachable"
    FAILING = "failing"
    REFUSED = "refused"
    CRASHED = "crashed"
    OFF = "off"
    TOOL = "tool"
    NOT_AVAILABLE = "not available"
    NOT_UNDERSTOOD = "not understood"


# A result with one of these misses something that another try, right or machine would bring. An
# error that nobody knows is one of them: it may be a whole service.
WEIGHTY = frozenset(Kind) - {Kind.NOT_AVAILABLE, Kind.NOT_UNDERSTOOD}
# Another try may do without these.
TRANSIENT = frozenset({Kind.THROTTLED, Kind.CREDENTIALS, Kind.UNREACHABLE, Kind.FAILING})
_REFUSALS = frozenset({Kind.DENIED, Kind.REFUSED})
# What a tool only warns of may be its own affair.
_OPINIONS = frozenset({Kind.REFUSED, Kind.CRASHED, Kind.TOOL, Kind.NOT_UNDERSTOOD})

_CODE = re.compile(r"An error occurred \(([^)]*)\)")
# AWS did answer, and the tool logs it as an error: that a bucket has no policy, for one.
_ANSWERS = re.compile(
    r"NoSuch\w*|[\w.]*NotFound\w*|404|[\w.]*(NonExist|DoesNotExist|NotExist)\w*"
    r"|\w*(NotInUse|NotEnabled|NotConfigured)\w*|ReportNotPresent"
)
# The kind of each error code, whole; any other code is a refusal.
_CODES = (
    # The endpoint has not got the call, or the service is not offered to this account.
    (
        Kind.NOT_AVAILABLE,
        (
            r"501|NotImplemented\w*|UnknownOperation\w*|SubscriptionRequired\w*|OptInRequired"
            r"|InvalidAction|Unsupported(Operation|Feature)\w*"
        ),
    ),
    (
        Kind.CREDENTIALS,
        (
            r"ExpiredToken\w*|RequestExpired|InvalidClientTokenId|UnrecognizedClient\w*|AuthFailure"
            r"|InvalidAccessKeyId|InvalidToken\w*|TokenRefreshRequired|SignatureDoesNotMatch"
            r"|(Invalid|Incomplete)Signature\w*|MissingAuthenticationToken\w*|RequestTimeTooSkewed"
        ),
    ),
    (
        Kind.THROTTLED,  # those that botocore tries again
        (
            r"\w*Throttl\w*|TooManyRequests\w*|(Request|Bandwidth)?LimitExceeded\w*|SlowDown"
            r"|ProvisionedThroughputExceeded\w*|PriorRequestNotComplete|TransactionInProgress\w*"
        ),
    ),
    (
        Kind.DENIED,
        (
            r"\w*AccessDenied\w*|Unauthorized\w*|NotAuthorized\w*|AuthorizationError\w*"
            r"|InsufficientPermissions\w*|AllAccessDisabled|Forbidden\w*|403"
        ),
    ),
    (
        Kind.FAILING,
        (
            r"5\d\d|Internal\w*|Service(Unavailable|Failure|Exception)\w*|RequestTimeout\w*"
            r"|Unavailable"
        ),
    ),
)
# What is told without a code.
_TEXTS = (
    # A host prefix before a loopback address can never be resolved; AWS has no such endpoint.
    (
        Kind.NOT_AVAILABLE,
        r'Could not connect to the endpoint URL: "https?://[\w-]+\.(127\.0\.0\.1|localhost)[:/]',
    ),
    (
        Kind.CREDENTIALS,
        (
            r"CredentialRetrievalError|NoCredentialsError|Unable to locate credentials"
            r"|Error when retrieving credentials|TokenRetrievalError|ExpiredToken"
        ),
    ),
    (Kind.THROTTLED, r"Throttl|TooManyRequests|RequestLimitExceeded"),
    (Kind.DENIED, r"not authorized to perform"),
    (
        Kind.UNREACHABLE,  # botocore's errors by name, which Prowler logs, and by what they say
        (
            r"EndpointConnectionError|ConnectTimeout|ReadTimeout|ConnectionClosed|SSLError"
            r"|ProxyConnectionError|HTTPClientError|IncompleteReadError|ResponseStreamingError"
            r"|Could not connect to the endpoint|Connect timeout|Read time(out|d out)"
            r"|Connection (was closed|aborted|reset)|SSL validation failed"
            r"|Failed to connect to proxy|An HTTP Client |Failed to establish a new connection"
            r"|read, but total bytes expected|while reading from response stream"
        ),
    ),
    # Something else than AWS's API answered, or half of it.
    (Kind.FAILING, r"ResponseParserError|Unable to parse response"),
    # A whole service of ScoutSuite's, one of its rules, a whole check of Prowler's.
    (
        Kind.CRASHED,
        (
            r"^Could not fetch .+ configuration|^Failed to process rule "
            r"|^[a-z0-9]+_\w+ --? \w+\[\d+\]: "
        ),
    ),
    # All was read, and neither a right nor a try would bring more; almost every account has some.
    # ScoutSuite's rules say the first when a policy's Statement or Action is one thing, not a list;
    # Prowler the second of actions that it cannot expand: codestar, which AWS ended, is in its own.
    (Kind.NOT_UNDERSTOOD, r'^Unable to get (index )?"|InvalidActionPatternError'),
)
# What AWS tells the main or a delegated administrator's account alone: no right would bring it.
_OF_THE_ORGANIZATION = re.compile(r"when calling the \w*(Organization|Delegated)\w* operation")
OPERATION = re.compile(r"when calling the (\w+) operation")


@dataclass(frozen=True)
class Obstacle:
    """``count`` times something was not seen, for one ``kind`` of reason; ``example`` is one.

    ``checks`` are those whose answers rest on it; None: any of the service's may, and where there
    is no service, any at all.
    """

    kind: Kind
    service: str
    region: str
    operation: str
    count: int
    example: str
    checks: tuple[str, ...] | None = None


class Complaint(NamedTuple):
    """One line of a tool's log about something that went wrong; the rest as in ``Obstacle``.

    Of what the tool calls a ``warning``, only what keeps anybody from looking counts.
    """

    service: str
    region: str
    message: str
    checks: tuple[str, ...] | None = None
    warning: bool = False


def printable(text: str) -> str:
    """``text`` without what a terminal would obey: a log holds names that others gave."""
    return "".join(c if c.isprintable() else " " for c in text)


def kind_of(message: str, service: str = "") -> Kind | None:
    """Why ``message`` means that something was not seen; None when AWS did answer."""
    code = _CODE.search(message)
    if code:
        kind = _kind_of_code(code[1], message)
        elsewhere = service == "organizations" or _OF_THE_ORGANIZATION.search(message)
        return Kind.NOT_AVAILABLE if elsewhere and kind in _REFUSALS else kind
    return next((kind for kind, pattern in _TEXTS if re.search(pattern, message)), Kind.TOOL)


def _kind_of_code(code: str, message: str) -> Kind | None:
    if _ANSWERS.fullmatch(code):
        return None
    if "not authorized to perform" in message:
        return Kind.DENIED
    return next((kind for kind, pattern in _CODES if re.fullmatch(pattern, code)), Kind.REFUSED)


def gather(complaints: Iterable[Complaint]) -> tuple[Obstacle, ...]:
    """The obstacles that ``complaints`` tell of; equal ones are counted."""
    found: dict[tuple[object, ...], Obstacle] = {}
    for complaint in complaints:
        kind = kind_of(complaint.message, complaint.service)
        if kind is None or (complaint.warning and kind in _OPINIONS):
            continue
        operation = OPERATION.search(complaint.message)
        called = operation[1] if operation else ""
        key = (kind, complaint.service, complaint.region, called, complaint.checks)
        known = found.get(key)
        found[key] = Obstacle(
            kind,
            printable(complaint.service),
            complaint.region,
            called,
            known.count + 1 if known else 1,
            known.example if known else printable(complaint.message[:300]),
            complaint.checks,
        )
    return tuple(found.values())
