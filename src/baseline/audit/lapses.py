"""Scans whose credentials ended before they did."""

from dataclasses import replace

from baseline.audit.manifest import Entry, Passing, Status
from baseline.errors import BaselineError, ThrottledError, UnreachableError

_RESUME = "Then go on with: baseline audit run --resume"
_ENDED = frozenset({Status.COMPLETE, Status.PARTIAL, Status.FAILED})


def unrenewed(entry: Entry, failure: BaselineError | None) -> Entry:
    """``entry``, or what is to be thought of it when its tool was given no keys any more.

    From then on all its calls failed, whether the tool says so or not: it did not see everything.
    """
    if failure is None or entry.status not in _ENDED:
        return entry
    place = f"{failure.where}: " if failure.where else ""
    reason = f"its credentials could not be renewed: {place}{failure.what}"
    return replace(
        entry,
        status=Status.PARTIAL if entry.status is Status.COMPLETE else entry.status,
        reason="; ".join(part for part in (reason, entry.reason) if part),
        remedy=f"{failure.remedy} {_RESUME}".strip(),
        again=True,
        passing=passing(failure),
    )


def passing(error: BaselineError) -> Passing:
    """Whether what kept us from signing in may be over soon."""
    transient = isinstance(error, ThrottledError | UnreachableError)
    return Passing.TRANSIENT if transient else Passing.NOT
