"""One look at the accounts: an audit run, or a reading of AWS. Where it looked, and where not."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

AUDIT = "audit"
READING = "reading"


class Place(NamedTuple):
    """Where a tool gave an answer; no region: in every region that it was asked for."""

    tool: str
    account_id: str
    region: str = ""


@dataclass(frozen=True)
class Gap:
    """What a tool could not see in a place where it gave an answer, and why.

    An empty region or service means all of them; ``checks`` are those that rest on what was not
    seen, None: all of the service.
    """

    tool: str
    account_id: str
    region: str = ""
    service: str = ""
    checks: tuple[str, ...] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Look:
    """What was looked at, by whom. Times are UTC, ISO 8601; ``stamp`` is like 20260101T000000Z.

    ``kind`` is AUDIT or READING; each has stamps of its own. ``tried`` are all places where
    an answer was wanted, ``looked`` those of them where there is one. Empty ``regions`` or
    ``services`` mean all of them.
    """

    stamp: str
    kind: str
    started: str
    ended: str = ""
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    tried: tuple[Place, ...] = ()
    looked: tuple[Place, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @cached_property
    def answered(self) -> frozenset[Place]:
        """Those in ``looked``, to be looked up among thousands."""
        return frozenset(self.looked)
