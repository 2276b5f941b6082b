"""One edition of the one report: gathered once, written in many forms."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from baseline import VERSION
from baseline.audit.manifest import now
from baseline.findings import history
from baseline.findings.comparison import Side, Sight, compare
from baseline.findings.look import Look
from baseline.findings.model import Finding
from baseline.organization import Filters
from baseline.report import gathering
from baseline.report.answers import answers
from baseline.report.changes import Changes
from baseline.report.content import Content, Shown
from baseline.report.digest import Digest
from baseline.report.exports import Details, write_csv, write_json, write_ocsf
from baseline.report.findings_page import render
from baseline.report.gates import EVERYTHING, Gate, Verdict
from baseline.report.gathering import Blind, Past
from baseline.report.junit import write_junit
from baseline.report.known import Known, earlier
from baseline.report.markdown import summary
from baseline.report.trend import trend

_TITLE = "AWS security report"
# Reasons why something could not be looked at that are told one by one.
_REASONS = 2000


@dataclass(frozen=True)
class Wish:
    """What is to be on the report; ``files`` are its forms' names in the folder ``out``."""

    reports: Path
    out: Path
    files: dict[str, str]
    filters: Filters
    since: str
    queries: tuple[str, ...]
    own_queries: Path
    lake: Path
    gate: Gate
    command: str


class Edition:
    """A report as it is now: ``content``, ``digest`` and ``verdict`` are its sums."""

    def __init__(self, wish: Wish) -> None:
        """Read all findings once; raises UsageError when nobody ever looked."""
        self._past = gathering.past(wish.reports, wish.filters)
        self._known = Known.after(self._past.looks, self._past.chosen)
        self._changes, note = _changes(self._past, self._known, wish.since)
        self._details: Details = history.details(wish.reports)
        self._gate = wish.gate
        self.digest, self.verdict, blind = Digest(), Verdict(wish.gate), Blind(_REASONS)
        for shown in self.rows():
            for observer in (self.digest, self.verdict, blind):
                observer.see(shown)
        self.content = self._content(wish, blind, (*self._past.notes, *note))

    @property
    def compared(self) -> bool:
        """Whether there was anything earlier to compare with."""
        return self._changes is not None

    def rows(self) -> Iterator[Shown]:
        """Everything that was found, and what became of it, streamed anew each time."""
        found = _inside(self._known.findings(self._past.reports), self._past)
        yield from self._changes.beside(found) if self._changes else map(Shown, found)
        yield from map(Shown, _inside(self._known.unseen(self._past.reports), self._past))

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
                out.write(summary(self.content, self.digest, self.verdict))
            case "junit":
                write_junit(out, self.rows(), self._gate or EVERYTHING)

    def _content(self, wish: Wish, blind: Blind, notes: tuple[str, ...]) -> Content:
        past, known = self._past, self._known
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
            unseen=(*gathering.untried(known, past.accounts), *blind),
            comparison=self._changes.counts() if self._changes else None,
            trend=tuple(trend(past.looks, wish.reports, past.chosen)),
            queries=tuple(answers(wish.queries, wish.lake, wish.own_queries)),
            reports=tuple(gathering.own_reports(past, wish.out)),
            notes=notes,
            files={form: name for form, name in wish.files.items() if form != "html"},
        )


def _changes(past: Past, known: Known, since: str) -> tuple[Changes | None, tuple[str, ...]]:
    """What changed since then; or nothing, and a sentence that says why."""
    before = earlier(past.looks, since)
    if not before:
        return None, (f"Nothing was looked at {_then(since)}: nothing to compare with.",)
    then = Known.after(before, past.chosen)
    changed = compare(_side(then, past), _side(known, past))
    return Changes(changed, _moment(before)), ()


def _then(since: str) -> str:
    return f"up to {since}" if since else "before"


def _moment(looks: Sequence[Look]) -> str:
    return looks[-1].started


def _side(known: Known, past: Past) -> Side:
    return Side(_inside(known.findings(past.reports), past), Sight(known.looks))


def _inside(findings: Iterable[Finding], past: Past) -> Iterator[Finding]:
    """Those in the regions that were asked for; what is in none is in all."""
    for finding in findings:
        if not past.regions or finding.region in {"", *past.regions}:
            yield finding
