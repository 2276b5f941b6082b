"""Days without logs, and what the digests say of them.

CloudTrail writes a digest every hour, also when it has nothing to list. So a day without logs is
quiet when digests cover it whole and list nothing; logs were removed when a digest lists some; and
nobody can tell where there are no digests. The digests are believed here: ``logs validate`` is what
proves them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from baseline.errors import BaselineError, UsageError
from baseline.logs.discover import days, folders
from baseline.logs.integrity import digest as digests
from baseline.logs.integrity.digest import Digest, Name
from baseline.logs.integrity.validate import Span, listed
from baseline.logs.layout import Kind, Selection, read_key
from baseline.logs.source import Original
from baseline.parallel import all_done, each

_DAY = timedelta(days=1)
Place = tuple[str, str]  # account and region


class State(StrEnum):
    """What is known of days without logs."""

    QUIET = "quiet"  # digests cover the whole day and list no log file
    REMOVED = "removed"  # a digest lists log files of a day whose folder is not there
    GAP = "gap"  # there are digests, but they do not cover the day
    UNKNOWN = "unknown"  # the account has no digests in that region
    NEVER = "never"  # neither logs nor digests were ever delivered


@dataclass(frozen=True, order=True)
class Gap:
    """Days in a row without logs, both ends included."""

    account: str
    region: str
    since: str
    until: str
    state: State

    @property
    def days(self) -> int:
        """How many."""
        return (date.fromisoformat(self.until) - date.fromisoformat(self.since)).days + 1


def find(
    source: Original, wanted: Selection, expected: Collection[Place], yesterday: date
) -> list[Gap]:
    """The days without logs of every place that ever had a folder or is expected to have one.

    Without a first day in ``wanted`` a place is looked at from its own first day on; without a
    last one until ``yesterday``, or the last day of a copy. Raises the source's errors, and
    UsageError when no day of them is over.
    """
    last = min(date.fromisoformat(wanted.until or yesterday.isoformat()), yesterday)
    if wanted.since > last.isoformat():
        remedy = "A day is over at midnight, UTC: give an earlier one."
        raise UsageError(f"no day since {wanted.since} is over", where="--since", remedy=remedy)
    # Whoever fell silent before the first day is silent on it, too.
    ever = _ever(source, wanted)
    logged: dict[Place, set[date]] = defaultdict(set)
    trails = Selection(
        wanted.accounts, wanted.regions, wanted.since, wanted.until, frozenset({"cloudtrail"})
    )
    for folder in days(source, trails):
        logged[folder.account, folder.region].add(date.fromisoformat(folder.date))
    named: dict[Place, list[Name]] = defaultdict(list)
    for chain, names in listed(source, wanted, _span(wanted, yesterday)).items():
        named[chain.place.account, chain.place.region] += names
    if not wanted.until and not source.bucket:
        last = min(last, _last_day(logged, named))
    found: list[Gap] = []
    for place in sorted({*ever, *expected}):
        dated = [*logged[place], *(name.end.date() for name in named[place])]
        if place in ever and not dated and not wanted.since:
            continue  # it began after the last day
        first = date.fromisoformat(wanted.since) if wanted.since else min(dated, default=last)
        silent = [day for day in _days(first, last) if day not in logged[place]]
        undigested = ever.get(place, State.NEVER)
        states = _judged(source, silent, named[place], undigested)
        found += _in_rows(place, states)
    return found


def _ever(source: Original, wanted: Selection) -> dict[Place, State]:
    """Where anything was ever delivered, and what a day is there that no digest covers."""
    kinds = {Kind.CLOUDTRAIL: State.UNKNOWN, Kind.DIGEST: State.GAP}
    anytime = Selection(wanted.accounts, wanted.regions, kinds=frozenset(kinds))
    found = folders(source, anytime, "region")
    # That of digests last.
    found.sort(key=lambda folder: folder.kind == Kind.DIGEST)
    return {(folder.account, folder.region): kinds[Kind(folder.kind)] for folder in found}


def _last_day(logged: Mapping[Place, set[date]], named: Mapping[Place, list[Name]]) -> date:
    """Of a copy: the days after it were not lost, but never copied."""
    # A digest that ends on a day covers the day before to its end.
    covered = {name.end.date() - _DAY for names in named.values() for name in names}
    return max(covered.union(*logged.values()), default=date.max)


def _span(wanted: Selection, yesterday: date) -> Span:
    first = date.fromisoformat(wanted.since or "1970-01-01")
    last = date.fromisoformat(wanted.until) if wanted.until else yesterday
    # A digest of a day may end later than the day, if something was late.
    return Span(_midnight(first), _midnight(last + 8 * _DAY))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + n * _DAY for n in range((last - first).days + 1))


def _judged(
    source: Original, silent: list[date], names: list[Name], undigested: State
) -> dict[date, State]:
    if not names:
        return dict.fromkeys(silent, undigested)
    covering = {day: list(_covering(day, names)) for day in silent}
    needed = {name.key for found in covering.values() for name in found}
    read = _read(source, needed)
    return {
        day: _state(day, [read[name.key] for name in found if name.key in read])
        for day, found in covering.items()
    }


def _covering(day: date, names: Iterable[Name]) -> Iterator[Name]:
    """The digests that may cover a part of the day: of each chain also the first that ends after.

    They are in order of their ends.
    """
    start, end = _midnight(day), _midnight(day + _DAY)
    complete = set()
    for name in sorted(names, key=lambda name: name.end):
        if name.end > start and name.chain not in complete:
            if name.end >= end:
                complete.add(name.chain)
            yield name


def _read(source: Original, keys: Collection[str]) -> Mapping[str, Digest]:
    """Those that can be read: one that is broken covers nothing."""
    outcomes = all_done(each(sorted(keys), lambda key: _digest(source, key)))
    return {o.target: o.value for o in outcomes if o.value}


def _digest(source: Original, key: str) -> Digest | None:
    fetched = source.fetch(key)
    try:
        return digests.read(fetched)
    except BaselineError:
        return None


def _state(day: date, read: Iterable[Digest]) -> State:
    read = list(read)
    listed_days = (read_key(file.s3_object) for found in read for file in found.content.log_files)
    if any(key and key.folder.date == day.isoformat() for key in listed_days):
        return State.REMOVED
    covered = _midnight(day)
    for found in sorted(read, key=lambda found: found.start):
        if found.start <= covered:
            covered = max(covered, found.end)
    return State.QUIET if covered >= _midnight(day + _DAY) else State.GAP


def _in_rows(place: Place, states: Mapping[date, State]) -> Iterator[Gap]:
    """Days in a row of the same state as one."""
    row: list[date] = []
    for day in sorted(states):
        if row and (day - row[-1] > _DAY or states[day] is not states[row[-1]]):
            yield _gap(place, row, states[row[-1]])
            row = []
        row.append(day)
    if row:
        yield _gap(place, row, states[row[-1]])


def _gap(place: Place, row: list[date], state: State) -> Gap:
    return Gap(*place, row[0].isoformat(), row[-1].isoformat(), state)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
