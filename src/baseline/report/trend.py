"""How things went: what was known at the end of each day on which somebody looked."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from baseline.findings import history
from baseline.findings.look import Look, Place
from baseline.findings.model import FAIL, SEVERITIES, UNKNOWN, counted_as
from baseline.report.content import Point
from baseline.report.gathering import Past
from baseline.report.known import Known, Part, Standing

# Days that a trend shows at most: those of a year of weeks.
_POINTS = 53

# By status and severity.
_Count = Counter[tuple[str, str]]


def trend(past: Past) -> Iterator[Point]:
    """The latest points, the oldest first.

    A look counts until another answers for the same place, as on the report itself; what an import
    repeats counts twice before the last point. Raises ToolError for one that cannot be read.
    """
    counts, looks = _Counts(past), past.looks
    standing = Standing()
    shown = sorted({look.started[:10] for look in looks})[-_POINTS:]
    for day, its in groupby(looks, key=lambda look: look.started[:10]):
        for look in its:
            standing.add(look)
        if day in shown:
            yield _point(look.started, standing.known(past.chosen), counts)


def _point(when: str, known: Known, counts: "_Counts") -> Point:
    total = _Count()
    for part in (*known.looks, *known.vain):
        total.update(counts.of(part))
    failing = Counter[str]()
    for (status, severity), count in total.items():
        if status == FAIL:
            failing[counted_as(severity)] += count
    unknown = sum(count for (status, _), count in total.items() if status == UNKNOWN)
    accounts = {place.account_id for part in known.looks for place in part.places}
    told = {severity: failing[severity] for severity in SEVERITIES} | failing
    return Point(when, told, unknown, len(accounts))


class _Counts:
    """How much each look found, by the place that it answered for; each look is read once.

    One of which a later look took a part is read again for that.
    """

    def __init__(self, past: Past) -> None:
        self._past = past
        self._known: dict[tuple[str, str], dict[Place, _Count]] = {}
        self._parted: dict[Any, _Count] = {}

    def of(self, part: Part) -> _Count:
        """How much of it counts."""
        if part.later:
            return self._without_later(part)
        key = part.look.stamp, part.look.kind
        if key not in self._known:
            self._known[key] = self._read(part.look)
        total = _Count()
        for place in part.places:
            total.update(self._known[key].get(place, _Count()))
        return total

    def _without_later(self, part: Part) -> _Count:
        later = ((place, *(look.stamp for look in looks)) for place, looks in part.later.items())
        key = part.look.stamp, part.look.kind, part.places, frozenset(later)
        if key not in self._parted:
            self._parted[key] = self._parts(part)
        return self._parted[key]

    def _parts(self, part: Part) -> _Count:
        total = _Count()
        for finding, count in history.alike(part.look, self._past.reports):
            if self._past.asks_of(finding.region) and part.has(finding):
                total[finding.status, finding.severity] += count
        return total

    def _read(self, look: Look) -> dict[Place, _Count]:
        counts: dict[Place, _Count] = {}
        for place, its in history.counts(look, self._past.reports).items():
            if not self._past.asks_of(place.region):
                continue
            # An audit tool answers for an account, GuardDuty and Config for a region of it.
            for where in {place, place._replace(region="")}:
                counts.setdefault(where, _Count()).update(its)
        return counts
