"""Gathers for the one report what was kept beside the runs. Nothing here asks AWS.

What cannot be read is a note on the report, and takes nothing else away.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from baseline.audit.doubts import brief
from baseline.audit.manifest import Entry, Run, Status, readable
from baseline.errors import ToolError, UsageError
from baseline.findings import accounts, coverage, history
from baseline.findings.coverage import Covered
from baseline.findings.look import AUDIT, PARTIAL, Look
from baseline.findings.model import HISTORY, UNKNOWN, UNTRIED, Finding
from baseline.findings.ocsf import TITLES
from baseline.organization import ACTIVE, Account, Filters, Organization
from baseline.report.changes import IT_WAS
from baseline.report.content import OwnReport, Shown, Source, Unseen
from baseline.report.known import Known
from baseline.report.standing import standing

T = TypeVar("T")

# Audit runs of which the tools' own reports are looked for.
_RUNS = 200
# Places and reasons that are told of what could not be looked at, and places of each reason that
# are told even then: they are held in memory, and a page of more is read by nobody.
_PLACES, _REASONS, _ALWAYS = 20_000, 5_000, 3
# How whoever has not looked yet is made to.
_AUDIT, _READ = "baseline audit run", "baseline findings summary"
_BEGIN = {"guardduty": _READ, "config": _READ}


@dataclass(frozen=True)
class Past:
    """All that is kept in a reports folder, narrowed to what was asked for."""

    reports: Path
    looks: tuple[Look, ...]
    runs: tuple[Run, ...]
    organization: Organization
    chosen: frozenset[str] | None
    regions: frozenset[str]
    expected: frozenset[str]
    coverage: tuple[Covered, ...]
    verified: str
    notes: tuple[str, ...]
    lost: Mapping[str, str]

    def inside(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Those in the regions that were asked for."""
        return (finding for finding in findings if self.asks_of(finding.region))

    def asks_of(self, region: str) -> bool:
        """Whether a region was asked for; what is in none is in all."""
        return not self.regions or region in {"", *self.regions}

    @property
    def own_looks(self) -> tuple[Look, ...]:
        """Those that somebody wanted answers of: an import is none."""
        return tuple(look for look in self.looks if not look.imported)

    @property
    def never_asked(self) -> frozenset[str]:
        """Of the tools that are expected those of which nobody ever wanted an answer."""
        return self.expected - {place.tool for look in self.own_looks for place in look.tried}

    @property
    def imported(self) -> frozenset[str]:
        """The tools of which anything was imported."""
        looks = (look for look in self.looks if look.imported)
        return frozenset(place.tool for look in looks for place in look.tried)

    @property
    def seen_regions(self) -> tuple[str, ...]:
        """The regions that anybody was to look at."""
        asked = {region for look in self.own_looks for region in look.regions}
        read = {place.region for look in self.own_looks for place in look.tried}
        every = asked | read | {row.region for row in self.coverage}
        return tuple(sorted(r for r in every if r and (not self.regions or r in self.regions)))

    @property
    def wanted_regions(self) -> tuple[str, ...]:
        """The regions that were asked for, or all that anybody was to look at."""
        return tuple(sorted(self.regions)) or self.seen_regions

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those that the report is about, also such as answer nothing."""
        every = self.organization.accounts
        return tuple(a for a in every if self.chosen is None or a.id in self.chosen)


def past(
    reports: Path, filters: Filters, expected: frozenset[str], lost: Mapping[str, str]
) -> Past:
    """What is kept in ``reports`` of the accounts and regions that ``filters`` choose.

    ``expected`` are the tools that are to look everywhere. Files in ``lost`` are left out and
    named, each with what is wrong with it. Raises UsageError when nobody ever looked, and for an
    account or OU that is not there.
    """
    lost = dict(lost)

    def lose(error: ToolError) -> None:
        lost[error.where] = str(error)

    found = history.looks(reports, lose)
    looks = [look for look in found if str(history.place(reports, look)) not in lost]
    notes = list(lost.values())
    if not looks and notes:
        raise UsageError(f"no look at any account can be read: {' '.join(notes)}")
    if not looks:
        raise UsageError(
            "nobody has looked at any account yet",
            where=str(reports),
            remedy="Begin with: baseline audit run, or baseline findings summary",
        )
    runs = readable(reports, _RUNS, lambda error: notes.append(str(error)))
    organization = _read(lambda: accounts.known(reports), notes) or _of_looks(looks, runs, notes)
    narrowed = bool(filters.accounts or filters.not_accounts or filters.ous)
    chosen = frozenset(a.id for a in filters.choose(organization)) if narrowed else None
    proof = _read(lambda: coverage.latest(reports), notes)
    rows = proof.rows if proof else ()
    return Past(
        reports=reports,
        looks=tuple(looks),
        runs=tuple(runs),
        organization=organization,
        chosen=chosen,
        regions=filters.regions,
        expected=expected,
        coverage=tuple(
            row
            for row in rows
            if (chosen is None or row.account_id in chosen)
            and (not filters.regions or row.region in filters.regions)
        ),
        verified=proof.verified if proof else "",
        notes=tuple(notes),
        lost=lost,
    )


def unread(past: Past) -> Iterator[Finding]:
    """An UNKNOWN for each look that cannot be read: whatever was asked for may be in it."""
    for file, error in past.lost.items():
        name = Path(file).name.encode(errors="replace").decode()
        yield Finding(
            tool=HISTORY,
            account_id="",
            account_name="",
            region="",
            service="",
            check="",
            title=f"Could not look: {name}",
            severity="",
            status=UNKNOWN,
            resource="",
            detail=error.encode(errors="replace").decode(),
            uid=f"{HISTORY}-{name}",
        )


def _read(read: Callable[[], T], notes: list[str]) -> T | None:
    try:
        return read()
    except ToolError as error:
        notes.append(str(error))
        return None


def _of_looks(looks: Iterable[Look], runs: Iterable[Run], notes: list[str]) -> Organization:
    """The accounts that anybody was to look at, where nobody kept the organization."""
    notes.append("The organization is not known: accounts are those of the runs, without OUs.")
    named = {place.account_id: "" for look in looks for place in look.tried}
    named |= {e.account_id: e.account_name for run in runs for e in run.entries}
    found = (Account(id_, name or id_, "", ACTIVE) for id_, name in sorted(named.items()))
    return Organization("", "", tuple(found))


def sources(known: Known, runs: Sequence[Run]) -> Iterator[Source]:
    """Who looked at what is ``known``, and at how much of it."""
    versions = {e.tool: e.version for run in runs for e in run.entries}
    ended = {(run.stamp, e.tool, e.account_id): e.status for run in runs for e in run.entries}
    its: defaultdict[str, _Tool] = defaultdict(_Tool)
    looked = {place for part in known.looks if not part.look.imported for place in part.places}
    for look, places, _ in known.looks:
        blind = {(gap.tool, gap.account_id) for gap in look.gaps}
        # What was imported takes nothing from the whole that a look saw.
        for place in places - looked if look.imported else places:
            tool = its[place.tool]
            tool.looks.append(look)
            tool.tried.add(place.account_id)
            if place in look.answered:
                tool.seen.add(place.account_id)
            scan = place.tool, place.account_id
            # A scan says itself how far it came: what nobody could have seen there is a gap, too.
            status = ended.get((look.stamp, *scan)) if look.kind == AUDIT else None
            partial = status is Status.PARTIAL if status else scan in blind
            if place not in look.answered or partial:
                tool.missed.add(place.account_id)
    for name, tool in its.items():
        yield Source(
            name=name,
            title=TITLES.get(name, name),
            version=versions.get(name, ""),
            started=min(look.started for look in tool.looks),
            ended=max(look.ended or look.started for look in tool.looks),
            accounts=len(tool.tried),
            complete=len(tool.seen - tool.missed),
            partial=len(tool.seen & tool.missed),
            note=tool.note,
        )


@dataclass
class _Tool:
    """What one tool did in the looks that count: accounts that it tried, saw and missed part of."""

    looks: list[Look] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)

    @property
    def note(self) -> str:
        days = sorted({look.started[:10] for look in self.looks})
        return f"from looks of {days[0]} to {days[-1]}" if len(days) > 1 else ""


def untried(past: Past) -> Iterator[Finding]:
    """An UNKNOWN for each place that a tool which is expected was never asked to look at.

    So is one that looked elsewhere. Accounts that are not active are not missed, unless nothing
    else was asked for.
    """
    tried = _tried(past.own_looks) | {tool: defaultdict(_Tried) for tool in past.never_asked}
    asked = [account for account in past.accounts if account.active] or past.accounts
    for account in asked:
        for tool, its in tried.items():
            for region, reason in its[account.id].missed(past.wanted_regions):
                yield _untried(tool, account, region, _said(past, tool, reason))


def _said(past: Past, tool: str, reason: str) -> str:
    """``reason``, and what helps."""
    run = f"Run: {_BEGIN.get(tool, _AUDIT)}"
    if tool not in past.never_asked:
        return f"{reason}. {run}"
    if tool in past.imported:
        reason, run = PARTIAL, f"{run}, or import with --whole"
    return f"{reason}. {run}; or leave {tool} out of report.expect"


@dataclass
class _Tried:
    """Where one tool was to look in an account; "" is every region, or every service."""

    regions: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)

    def missed(self, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Regions that it was never to look at, and why that is said; "" is all of them."""
        if not self.regions:
            yield "", "nobody has looked yet"
            return
        if "" not in self.regions:
            yield from ((r, "nobody has looked yet") for r in wanted if r not in self.regions)
        if "" not in self.services:
            named = ", ".join(sorted(self.services))
            yield "", f"nobody has looked yet at other services than {named}"


def _tried(looks: Iterable[Look]) -> dict[str, defaultdict[str, _Tried]]:
    found: dict[str, defaultdict[str, _Tried]] = {}
    for look in looks:
        for place in look.tried:
            its = found.setdefault(place.tool, defaultdict(_Tried))[place.account_id]
            its.regions.update((place.region,) if place.region else look.regions or ("",))
            its.services.update(look.services or ("",))
    return found


def _untried(tool: str, account: Account, region: str, reason: str) -> Finding:
    # A region may be what somebody typed, and is written into files.
    region = region.encode(errors="replace").decode()
    return Finding(
        tool=tool,
        account_id=account.id,
        account_name=account.name,
        region=region,
        service="",
        check="",
        title="Could not look: everything",
        severity="",
        status=UNKNOWN,
        resource="",
        detail=reason,
        uid=f"{tool}{UNTRIED}{account.id}-{region}",
    )


class Blind:
    """What findings say that could not be looked at, while they pass: by reason, with its places.

    Of each reason some places are kept, however many others there are; ``cut`` counts the answers
    of which not even that is told. What Config has no result for is not among them.
    """

    def __init__(self, places: int = _PLACES, reasons: int = _REASONS) -> None:
        self.cut = 0
        self._places, self._reasons = places, reasons
        self._kept = 0
        self._found: dict[Unseen, dict[tuple[str, str], None]] = {}

    def see(self, shown: Shown) -> None:
        """Keep its reason, if it is UNKNOWN."""
        if shown.status != UNKNOWN or shown.no_result:
            return
        finding = shown.finding
        reason = brief(finding.detail.partition(IT_WAS)[0])
        why = Unseen(finding.tool, "", "", finding.service, reason)
        if why not in self._found and len(self._found) >= self._reasons:
            self.cut += 1
            return
        places = self._found.setdefault(why, {})
        where = finding.account_id, finding.region
        if where in places:
            return
        if self._kept >= self._places and len(places) >= _ALWAYS:
            self.cut += 1
            return
        places[where] = None
        self._kept += 1

    def __iter__(self) -> Iterator[Unseen]:
        """The reasons, in the order in which they came, in each of their places."""
        for why, places in self._found.items():
            for account_id, region in places:
                yield replace(why, account_id=account_id, region=region)

    def notes(self) -> Iterator[str]:
        """That not all is listed, if it is so."""
        if self.cut:
            yield (
                f"The list of what could not be looked at leaves out {self.cut:,} answers: all are "
                "among the findings, as UNKNOWN."
            )


def own_reports(past: Past, out: Path) -> Iterator[OwnReport]:
    """What the tools wrote themselves of their latest answers, as seen from ``out``."""
    for tools in standing(past.runs).values():
        for its in tools.values():
            if its.answer and (past.chosen is None or its.answer.account_id in past.chosen):
                yield from _links(its.answer, past.reports, out)


def _links(entry: Entry, reports: Path, out: Path) -> Iterator[OwnReport]:
    for title, file in (("report", entry.page), ("log", entry.log_page or entry.log)):
        if file and (reports / file).is_file():
            href = os.path.relpath(reports / file, out)
            yield OwnReport(entry.tool, entry.account_id, title, Path(href).as_posix())
