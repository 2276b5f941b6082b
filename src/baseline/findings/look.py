"""One look at the accounts: an audit run, or a reading of AWS. Where it looked, and where not."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from baseline.findings.model import UNKNOWN, Finding

AUDIT = "audit"
READING = "reading"
# Why an import says nothing of what is not in it.
PARTIAL = "only what was imported is known here"
# Regions of what is in none.
EVERYWHERE = frozenset({"", "global"})


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
    ``services`` mean all of them. ``imported``: it holds what others handed over, perhaps one
    page of many; that it says nothing of a finding means nothing.
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
    imported: bool = False

    @cached_property
    def answered(self) -> frozenset[Place]:
        """Those in ``looked``, to be looked up among thousands."""
        return frozenset(self.looked)

    def covers(self, other: "Look") -> bool:
        """Whether it was asked for at least what ``other`` was; an import was asked for nothing."""
        return not self.imported and all(
            not mine or (its and set(its) <= set(mine))
            for mine, its in ((self.regions, other.regions), (self.services, other.services))
        )

    def left_out(self, region: str, service: str) -> str:
        """Why it did not ask for a service in a region; empty: it did."""
        if self.regions and region not in {*self.regions, *EVERYWHERE}:
            return "the region was left out"
        if self.services and service not in self.services:
            return "the service was left out"
        return ""

    def replaces(self, finding: Finding) -> bool:
        """Whether it looked where an earlier look found this.

        What could not be seen in all regions is not seen by a look at some.
        """
        if self.imported or self.left_out(finding.region, finding.service):
            return False
        everywhere = finding.region in EVERYWHERE and finding.status == UNKNOWN
        return not (self.regions and everywhere)
