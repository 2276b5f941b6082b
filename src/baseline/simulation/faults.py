"""Faults that can be planted: a chosen call, in a chosen account and region, goes wrong."""

import threading
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from baseline.errors import UsageError
from baseline.simulation.service import Call, ConnectionLost, Refusal

Kind = Literal["deny", "throttle", "timeout", "error"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Codes differ with the age of a service's protocol [Common Errors of each API reference].
_THROTTLED = {
    "s3": ("SlowDown", 503),
    "ec2": ("RequestLimitExceeded", 503),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
    "cloudformation": ("Throttling", 400),
    "sns": ("Throttled", 429),
    "organizations": ("TooManyRequestsException", 400),
    "guardduty": ("TooManyRequestsException", 429),
}
_DENIED = {
    "s3": "AccessDenied",
    "s3control": "AccessDenied",
    "ec2": "UnauthorizedOperation",
    "iam": "AccessDenied",
    "sts": "AccessDenied",
    "cloudformation": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
}
# Where IAM's prefix of a service is not botocore's name of it.
_PREFIX = {"s3control": "s3", "accessanalyzer": "access-analyzer"}


@dataclass(frozen=True)
class Fault:
    """Which calls go wrong and how. None means any; ``times`` None means for ever.

    Raises UsageError for what would be no fault.
    """

    kind: Kind
    service: str | None = None
    operation: str | None = None
    account_id: str | None = None
    region: str | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        """Check also the types: a fault may come as JSON."""
        chosen = (self.service, self.operation, self.account_id, self.region)
        named = self.kind in KINDS and all(isinstance(part, str | None) for part in chosen)
        counted = self.times is None or (type(self.times) is int and self.times > 0)
        if not named or not counted:
            raise _unreadable(self)

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """The fault in ``KIND[:SERVICE[:OPERATION[:ACCOUNT[:REGION[:TIMES]]]]]``; ``*`` is any.

        Raises UsageError.
        """
        kind, *rest = text.split(":")
        chosen = [part if part not in ("", "*") else None for part in rest]
        chosen += [None] * (5 - len(chosen))
        try:
            service, operation, account_id, region, times = chosen
            left = int(times) if times else None
            return cls(cast("Kind", kind), service, operation, account_id, region, left)
        except (ValueError, UsageError):
            raise _unreadable(text) from None

    def hits(self, call: Call) -> bool:
        """Whether this fault is meant for ``call``."""
        wanted = (self.service, self.operation, self.account_id, self.region)
        got = (call.service, call.operation, call.account_id, call.region)
        return all(w in (None, g) for w, g in zip(wanted, got, strict=True))


def _unreadable(fault: object) -> UsageError:
    return UsageError(
        f"cannot read the fault {fault!r}",
        where="--fault",
        remedy=f"Write {{{'|'.join(KINDS)}}}:SERVICE:OPERATION:ACCOUNT:REGION:TIMES, "
        "where * and what is left out mean any, for example "
        "deny:guardduty:CreateDetector:400000000004:eu-west-1",
    )


class Faults:
    """The faults that are planted now; safe between threads."""

    def __init__(self) -> None:
        self._left: list[tuple[Fault, int | None]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Plant ``fault``."""
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Plant nothing any more."""
        with self._lock:
            self._left.clear()

    def planted(self) -> tuple[Fault, ...]:
        """What is planted, with the number of times that is left."""
        with self._lock:
            return tuple(replace(fault, times=left) for fault, left in self._left)

    def strike(self, call: Call) -> None:
        """Let ``call`` fail if a fault is meant for it: raises Refusal or ConnectionLost."""
        fault = self._take(call)
        if fault is not None:
            raise _consequence(fault.kind, call)

    def _take(self, call: Call) -> Fault | None:
        with self._lock:
            for index, (fault, left) in enumerate(self._left):
                if fault.hits(call):
                    if left == 1:
                        del self._left[index]
                    elif left is not None:
                        self._left[index] = (fault, left - 1)
                    return fault
        return None


def _consequence(kind: Kind, call: Call) -> Exception:
    if kind == "timeout":
        return ConnectionLost(f"{call.service}:{call.operation}")
    if kind == "throttle":
        code, status = _THROTTLED.get(call.service, ("ThrottlingException", 400))
        return Refusal(code, "Rate exceeded", status)
    if kind == "error":
        return Refusal("InternalFailure", "An internal error occurred.", 500)
    return denied(call)


def denied(call: Call, resource: str = "*", why: str = "", action: str = "") -> Refusal:
    """AWS's sentence for "you may not", with the code that the service uses."""
    action = action or f"{_PREFIX.get(call.service, call.service)}:{call.operation}"
    said = f"User: {call.arn} is not authorized to perform: {action} on resource: {resource}{why}"
    return Refusal(_DENIED.get(call.service, "AccessDeniedException"), said, 403)
