"""What the one report says, as one value: gathered by the command, drawn by ``findings_page``.

Every text may come from somebody who wants harm; whoever draws it escapes it. Times are UTC,
ISO 8601. References (``href``) are paths relative to the report's file.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from baseline.findings.comparison import Change
from baseline.findings.config import NO_RESULT
from baseline.findings.coverage import Covered
from baseline.findings.model import HISTORY, RESOLVED, UNKNOWN, Finding
from baseline.organization import Account

# What people are told of what is UNKNOWN, and no loss: rules for which Config has no result.
WITHOUT_RESULT = "NO RESULT"


class Shown(NamedTuple):
    """A finding as a row of the report, as ``Changed`` has it; None: nothing to compare with."""

    finding: Finding
    change: Change | None = None

    @property
    def status(self) -> str:
        """What counts now, which is not what was last seen of what is gone or out of sight."""
        match self.change:
            case Change.RESOLVED:
                return RESOLVED
            case Change.NOT_LOOKED:
                return UNKNOWN
        return self.finding.status

    @property
    def no_result(self) -> bool:
        """Whether it is a rule of Config's of which nobody knows that there is anything to see."""
        finding = self.finding
        return self.status == UNKNOWN and finding.detail == NO_RESULT and not finding.resource

    @property
    def lost(self) -> bool:
        """Whether it stands for a look that was kept and cannot be read: of any finding."""
        return self.finding.tool == HISTORY


@dataclass(frozen=True)
class Source:
    """Who looked: an audit tool, GuardDuty or Config.

    ``name`` is what the findings call it in ``tool``. It was to look in ``accounts``, of which it
    looked at everything in ``complete`` and at something in ``partial``.
    """

    name: str
    title: str
    version: str = ""
    started: str = ""
    ended: str = ""
    accounts: int = 0
    complete: int = 0
    partial: int = 0
    note: str = ""


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at, and why; empty fields mean all of them."""

    source: str
    account_id: str
    region: str
    service: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Point:
    """One run of the trend: failing findings by severity, and answers that are UNKNOWN."""

    when: str
    severities: dict[str, int]
    unknown: int = 0
    accounts: int = 0


@dataclass(frozen=True)
class Comparison:
    """What changed since the run of ``since``; counts are findings that fail, or did."""

    since: str
    new: int = 0
    reopened: int = 0
    resolved: int = 0
    open: int = 0
    not_looked: int = 0


@dataclass(frozen=True)
class Answer:
    """The answer of a saved query; ``total`` rows are there, of which ``rows`` are shown.

    ``error`` says why there is none.
    """

    name: str
    title: str
    why: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: int = 0
    severity: str = ""
    error: str = ""


@dataclass(frozen=True)
class OwnReport:
    """What a tool itself wrote of an account: its page or its log."""

    source: str
    account_id: str
    title: str
    href: str


@dataclass(frozen=True)
class Content:
    """All that the page shows beside the findings, from which counts are taken while they pass.

    ``accounts`` are all of the organization, those that answer nothing among them. ``coverage`` is
    empty where nobody verified the roll-out, of ``verified``. ``notes`` are sentences that the
    reader must not miss: an expired risk, a file that could not be read. ``files`` are the same
    findings in other forms, by what they are called.
    """

    title: str
    organization: str
    made: str
    version: str
    command: str
    accounts: tuple[Account, ...]
    regions: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    coverage: tuple[Covered, ...] = ()
    verified: str = ""
    unseen: tuple[Unseen, ...] = ()
    comparison: Comparison | None = None
    trend: tuple[Point, ...] = ()
    queries: tuple[Answer, ...] = ()
    reports: tuple[OwnReport, ...] = ()
    notes: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
