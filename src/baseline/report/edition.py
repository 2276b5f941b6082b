"""One edition of the one report: gathered once, written in many forms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from baseline import VERSION
from baseline.audit.manifest import now
from baseline.configuration import Mute
from baseline.errors import ToolError
from baseline.findings import history
from baseline.findings.comparison import Side, compare
from baseline.findings.muting import Muting
from baseline.organization import Filters
from baseline.query.kept import Kept
from baseline.report import gathering
from baseline.report.answers import answers
from baseline.report.changes import Changes
from baseline.report.content import Content, Point, Shown
from baseline.report.exports import Details, write_csv, write_json, write_ocsf
from baseline.report.findings_page import render
from baseline.report.gates import EVERYTHING, Gate, Verdict
from baseline.report.gathering import Blind
from baseline.report.junit import write_junit
from baseline.report.known import Known, earlier
from baseline.report.markdown import summary
from baseline.report.tally import Tally
from baseline.report.trend import trend

_TITLE = "AWS security report"
_NOTHING_SINCE = "Nobody has looked since the time that it is compared with: nothing can be new."


@dataclass(frozen=True)
class Wish:
    """What is to be on the report; ``files`` are its forms' names in the folder ``out``.

    ``expected`` are the tools that are to look everywhere.
    """

    reports: Path
    out: Path
    files: dict[str, str]
    filters: Filters
    expected: frozenset[str]
    since: str
    queries: tuple[str, ...]
    own_queries: Path
    lake: Path
    mutes: tuple[Mute, ...]
    gate: Gate
    command: str


def compose(wish: Wish) -> "Edition":
    """The edition of ``wish``; a look that turns out damaged is left out, and named.

    Raises UsageError when nobody ever looked, or nothing of it can be read.
    """
    lost: dict[str, str] = {}
    while True:
        try:
            return Edition(wish, lost)
        except ToolError as error:
            if Path(error.where).parent != wish.reports / history.HISTORY or error.where in lost:
                raise
            lost[error.where] = str(error)


class Edition:
    """A report as it is now: ``content``, ``tally`` and ``verdict`` are its sums."""

    def __init__(self, wish: Wish, lost: Mapping[str, str]) -> None:
        """Read all findings once, but for the files in ``lost``, each with what is wrong with it.

        Raises UsageError when nobody ever looked, and ToolError when a look cannot be read.
        """
        self._past = gathering.past(wish.reports, wish.filters, wish.expected, lost)
        self._mutes, self._today = wish.mutes, datetime.now(UTC).date()
        self._known = Known.after(self._past.looks, self._past.chosen)
        self._changes, note = self._compared(wish.since)
        damaged: list[str] = []
        self._details: Details = history.details(wish.reports, lambda e: damaged.append(str(e)))
        self._gate = wish.gate
        muting = self._muting()
        self.tally, self.verdict, blind = Tally(), Verdict(wish.gate), Blind()
        for shown in self._rows(muting):
            for observer in (self.tally, self.verdict, blind):
                observer.see(shown)
        notes = (*self._past.notes, *damaged, *note, *muting.notes(), *blind.notes())
        self.content = self._content(wish, blind, notes)

    @property
    def compared(self) -> bool:
        """Whether there was anything earlier to compare with."""
        return self._changes is not None

    @property
    def lost(self) -> int:
        """How many looks are kept and cannot be read."""
        return len(self._past.lost)

    def rows(self) -> Iterator[Shown]:
        """Everything that was found, and what became of it, streamed anew each time."""
        return self._rows(self._muting())

    def _rows(self, muting: Muting) -> Iterator[Shown]:
        past = self._past
        found = muting.through(past.inside(self._known.findings(past.reports)))
        yield from self._changes.beside(found) if self._changes else map(Shown, found)
        yield from map(Shown, past.inside(self._known.unseen(past.reports)))
        yield from map(Shown, gathering.untried(past))
        yield from map(Shown, gathering.unread(past))

    def _muting(self) -> Muting:
        return Muting(self._mutes, self._today, self._past.organization)

    def write(self, form: str, out: TextIO) -> None:
        """Write one of its forms."""
        match form:
            case "html":
                render(self.content, self.rows(), self._details, out)
            case "csv":
                write_csv(out, self.rows())
            case "json":
                write_json(out, self.content, self.rows(), self._details)
            case "ocsf":
                write_ocsf(out, self.rows(), self._details, self.content.made)
            case "markdown":
                out.write(summary(self.content, self.tally, self.verdict))
            case "junit":
                write_junit(out, self.rows(), self._gate or EVERYTHING)

    def _compared(self, since: str) -> tuple[Changes | None, tuple[str, ...]]:
        """What changed since then; or nothing, and a sentence that says why."""
        past = self._past
        before = earlier(past.looks, since)
        if not before:
            then = f"up to {since}" if since else "before"
            return None, (f"Nothing was looked at {then}: nothing to compare with.",)
        known = Known.after(before, past.chosen)
        was = Side(past.inside(known.findings(past.reports)), known.sight)
        found = past.inside(self._known.findings(past.reports))
        now = Side(self._muting().through(found), self._known.sight)
        changed = compare(was, now, history.failed(before, past.reports))
        note = () if len(before) < len(past.looks) else (_NOTHING_SINCE,)
        return Changes(changed, before[-1].started), note

    def _content(self, wish: Wish, blind: Blind, notes: tuple[str, ...]) -> Content:
        past, known = self._past, self._known
        kept = Kept.of(wish.reports, past.looks)
        return Content(
            title=_TITLE,
            organization=past.organization.id,
            made=now(),
            version=VERSION,
            command=wish.command,
            accounts=past.accounts,
            regions=past.seen_regions,
            sources=tuple(gathering.sources(known, past.runs)),
            coverage=past.coverage,
            verified=past.verified,
            unseen=tuple(blind),
            comparison=self._changes.counts() if self._changes else None,
            trend=self._trend(),
            queries=tuple(answers(wish.queries, wish.lake, kept, wish.own_queries)),
            reports=tuple(gathering.own_reports(past, wish.out)),
            notes=notes,
            files={form: name for form, name in wish.files.items() if form != "html"},
        )

    def _trend(self) -> tuple[Point, ...]:
        """The days before as they were told then, and the last as it is told now."""
        *before, last = trend(self._past)
        failing = {severity: self.tally.failing[severity] for severity in self.tally.told}
        return (*before, replace(last, severities=failing, unknown=self.tally.unseen))
