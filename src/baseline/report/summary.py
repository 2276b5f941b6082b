"""The merged result of an audit run: every tool, every account, in one summary and one CSV.

The two tools' findings stand side by side, each named; they are never merged into one, since
there is no reliable mapping between their checks.
"""

import csv
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

import msgspec

from baseline.audit.looked import details, look
from baseline.audit.manifest import RUNS, Entry, LeftOut, Run, Status
from baseline.audit.results import findings, unseen
from baseline.errors import ToolError
from baseline.files import whole, write, writing
from baseline.findings import history
from baseline.findings.look import Place
from baseline.findings.model import (
    FAIL,
    MUTED,
    NOTHING_THERE,
    PASS,
    SEVERITIES,
    STATUSES,
    UNKNOWN,
    Finding,
    counted_as,
    rank,
)
from baseline.findings.muting import Muting
from baseline.report.cells import defused_row

SUMMARY = "summary.json"
FINDINGS = "findings.csv"
PAGE = "index.html"

# What the page shows of the findings; the CSV has all of them.
SHOWN = 1000
_TOP_CHECKS = 25


@dataclass(frozen=True)
class Check:
    """One check that fails somewhere: how often, and in how many accounts."""

    tool: str
    check: str
    title: str
    severity: str
    service: str
    failing: int
    passing: int
    accounts: int


@dataclass(frozen=True)
class AccountSummary:
    """What all tools together say of one account; ``severities`` are its failing findings.

    Not ``looked``: no tool has a result, and zeros mean nothing.
    """

    account_id: str
    account_name: str
    looked: bool
    counts: dict[str, int]
    severities: dict[str, int]


@dataclass(frozen=True)
class Summary:
    """A run, merged. Counts are rows of the CSV; ``tools`` are counts by status for each tool.

    ``idle`` of those that pass are checks that had nothing to look at.

    ``complete`` of ``scans`` (accounts x tools) looked at everything that they were asked to.
    """

    stamp: str
    started: str
    ended: str
    role: str
    regions: tuple[str, ...]
    services: tuple[str, ...]
    scans: int
    complete: int
    counts: dict[str, int]
    severities: dict[str, int]
    tools: dict[str, dict[str, int]]
    completeness: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]
    accounts: tuple[AccountSummary, ...]
    checks: tuple[Check, ...]
    idle: int = 0
    schema: int = 1
    failing: tuple[Finding, ...] = field(default=(), repr=False)
    unseen: tuple[Finding, ...] = field(default=(), repr=False)


def folder(reports: Path, stamp: str) -> Path:
    """Where the merged result of a run is; no other run writes there."""
    return reports / RUNS / stamp


def summarize(run: Run, reports: Path, muting: Muting | None = None) -> Summary:
    """Merge the findings of ``run``; on the way they go to its ``findings.csv`` and the history.

    Results that cannot be read, or are gone, make their entry a failed or a partial one.
    """
    merge, muting = _Merge(), muting or Muting()
    with history.keeping(look(run, reports), reports, merge.silent) as keep:
        rows = muting.through(merge.answers(run, reports))
        _write_rows(folder(reports, run.stamp) / FINDINGS, merge.through(keep(rows)))
    # Where the file is damaged it stays as it is, and the report says so.
    history.keep_details(details(run, reports, merge.checks), reports, lambda _: None)
    return merge.summary(run)


def write_summary(summary: Summary, reports: Path) -> None:
    """Write the run's ``summary.json``; the single findings are in the CSV."""
    content = msgspec.to_builtins(summary)
    del content["failing"], content["unseen"]
    encoded = msgspec.json.format(msgspec.json.encode(content), indent=2)
    write(folder(reports, summary.stamp) / SUMMARY, encoded)


def stand_as_latest(stamp: str, reports: Path) -> None:
    """Have ``findings.csv`` and ``summary.json`` in ``reports`` itself, too, as those of a run.

    They are the same files under second names, which takes no room.
    """
    for name in (FINDINGS, SUMMARY):
        own, part = folder(reports, stamp) / name, reports / f".{name}.{os.getpid()}.part"
        with writing(reports / name):
            part.unlink(missing_ok=True)
            try:
                os.link(own, part)
            except OSError:  # a file system without second names
                shutil.copy(own, part)
            part.replace(reports / name)


class _Merged(msgspec.Struct):
    """What is wanted of a ``summary.json``."""

    completeness: tuple[Entry, ...]


def as_merged(run: Run, reports: Path) -> Run:
    """``run`` with its entries as its merged result counts them: without accepted risks.

    What was tried again since then stays as it is, and so does all where nothing was merged.
    """
    try:
        told = (folder(reports, run.stamp) / SUMMARY).read_bytes()
        entries = msgspec.json.decode(told, type=_Merged).completeness
    except (OSError, msgspec.DecodeError):
        return run
    known = {(entry.key, entry.tries): entry for entry in entries}
    return replace(run, entries=tuple(known.get((e.key, e.tries), e) for e in run.entries))


class _Merge:
    """Counts what passes through, and keeps the worst."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._severities: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._checks: dict[tuple[str, str], Finding] = {}
        self._failing: Counter[tuple[str, str]] = Counter()
        self._passing: Counter[tuple[str, str]] = Counter()
        self._accounts: dict[tuple[str, str], set[str]] = {}
        self._worst: dict[str, list[Finding]] = {}
        self._unseen: list[Finding] = []
        self._idle = 0
        self._lost: dict[tuple[str, str], ToolError] = {}
        self.silent: set[Place] = set()  # where no result could be read after all

    def answers(self, run: Run, reports: Path) -> Iterator[Finding]:
        """All answers of ``run``; one entry without results hides no other."""
        for entry in run.entries:
            try:
                yield from findings(entry, reports)
            except ToolError as error:
                self._lost[entry.key] = error
                self.silent.add(Place(entry.tool, entry.account_id))
                yield unseen(entry, error.what)

    def through(self, rows: Iterable[Finding]) -> Iterator[Finding]:
        for row in rows:
            self._counts[row.tool, row.account_id][row.status] += 1
            if row.status == FAIL:
                self._fail(row)
            elif row.status == PASS:
                self._passing[row.tool, row.check] += 1
                self._idle += row.detail == NOTHING_THERE
            elif row.status == UNKNOWN and len(self._unseen) < SHOWN:
                self._unseen.append(row)
            yield row

    @property
    def checks(self) -> set[tuple[str, str]]:
        """The checks that answered, by tool and name."""
        return {*self._failing, *self._passing}

    def _fail(self, row: Finding) -> None:
        key = row.tool, row.check
        self._severities[row.tool, row.account_id][counted_as(row.severity)] += 1
        self._failing[key] += 1
        self._checks.setdefault(key, row)
        self._accounts.setdefault(key, set()).add(row.account_id)
        kept = self._worst.setdefault(row.severity, [])
        if len(kept) < SHOWN:
            kept.append(row)

    def summary(self, run: Run) -> Summary:
        run = replace(run, entries=tuple(self._as_read(entry) for entry in run.entries))
        tools = tuple(dict.fromkeys(e.tool for e in run.entries))
        return Summary(
            stamp=run.stamp,
            started=run.started,
            ended=run.ended,
            role=run.role,
            regions=run.regions,
            services=run.services,
            scans=len(run.entries),
            complete=sum(e.status == "complete" for e in run.entries),
            counts=_sum(STATUSES, self._counts.values()),
            severities=_sum(SEVERITIES, self._severities.values()),
            tools={
                tool: _sum(STATUSES, (c for (t, _), c in self._counts.items() if t == tool))
                for tool in tools
            },
            completeness=run.entries,
            left_out=run.left_out,
            accounts=tuple(self._accounts_of(run)),
            checks=tuple(self._top_checks()),
            idle=self._idle,
            failing=tuple(self._worst_first()),
            unseen=tuple(self._unseen),
        )

    def _as_read(self, entry: Entry) -> Entry:
        """``entry`` as it counts: what is muted, and what is left where results were not whole."""
        error = self._lost.get(entry.key)
        key = entry.tool, entry.account_id
        if not error and self._counts[key][MUTED]:
            counts, severities = dict(self._counts[key]), dict(self._severities[key])
            return replace(entry, counts=counts, severities=severities)
        if not error:
            return entry
        read = dict(self._counts[key])
        return replace(
            entry.anew(),
            status=Status.PARTIAL if read.keys() - {UNKNOWN} else Status.FAILED,
            reason=error.what,
            remedy=error.remedy,
            again=True,
            counts=read if read.keys() - {UNKNOWN} else {},
            directory=entry.directory,
        )

    def _accounts_of(self, run: Run) -> Iterator[AccountSummary]:
        entries: dict[str, list[Entry]] = {}
        for entry in run.entries:
            entries.setdefault(entry.account_id, []).append(entry)
        for account_id, its in sorted(entries.items()):
            yield AccountSummary(
                account_id,
                its[0].account_name,
                any(entry.counts for entry in its),
                _sum(STATUSES, (self._counts[entry.tool, account_id] for entry in its)),
                _sum(SEVERITIES, (self._severities[entry.tool, account_id] for entry in its)),
            )

    def _top_checks(self) -> list[Check]:
        found = [
            Check(
                tool=row.tool,
                check=row.check,
                title=row.title,
                severity=row.severity,
                service=row.service,
                failing=self._failing[key],
                passing=self._passing[key],
                accounts=len(self._accounts[key]),
            )
            for key, row in self._checks.items()
        ]
        found.sort(key=lambda c: (rank(c.severity), -c.accounts, -c.failing, c.check))
        return found[:_TOP_CHECKS]

    def _worst_first(self) -> list[Finding]:
        severities = sorted(self._worst, key=rank)
        return [row for severity in severities for row in self._worst[severity]][:SHOWN]


def _sum(names: Iterable[str], counts: Iterable[Counter[str]]) -> dict[str, int]:
    """The sum of ``counts``, with all ``names`` in it, and in their order."""
    total = dict.fromkeys(names, 0)
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return total


def _write_rows(file: Path, rows: Iterable[Finding]) -> None:
    with whole(file) as out:
        _write_csv(out, rows)


def _write_csv(out: TextIO, rows: Iterable[Finding]) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Finding._fields)
    writer.writerows(defused_row(row) for row in rows)
