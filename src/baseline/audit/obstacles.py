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
    REFUSED = "refused"
    CRASHED = "crashed"
    NOT_AVAILABLE = "not available"
    TOOL = "tool"


# A result with one of these misses something that another try, or another right, would bring.
WEIGHTY = frozenset(Kind) - {Kind.NOT_AVAILABLE, Kind.TOOL}
# Another try may do without these.
TRANSIENT = frozenset({Kind.THROTTLED, Kind.CREDENTIALS, Kind.UNREACHABLE, Kind.FAILING})

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
        Kind.UNREACHABLE,
        (
            r"EndpointConnectionError|Could not connect to the endpoint|ConnectTimeout|ReadTimeout"
            r"|Read timeout|Connect timeout|ConnectionClosed|SSLError|ProxyConnectionError"
        ),
    ),
    # A whole service of ScoutSuite's, a whole check of Prowler's.
    (Kind.CRASHED, r"^Could not fetch .+ configuration|^[a-z0-9]+_\w+ - \w+\[\d+\]: "),
)
_OPERATION = re.compile(r"when calling the (\w+) operation")


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
    code = _CODE.search(message)
    if code:
        return _kind_of_code(code[1], message)
    return next((kind for kind, pattern in _TEXTS if re.search(pattern, message)), Kind.TOOL)


def _kind_of_code(code: str, message: str) -> Kind | None:
    if _ANSWERS.fullmatch(code):
        return None
    if "not authorized to perform" in message:
        return Kind.DENIED
    return next((kind for kind, pattern in _CODES if re.fullmatch(pattern, code)), Kind.REFUSED)


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
