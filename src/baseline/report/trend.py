"""How things went: what was known at the end of each day on which somebody looked."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from baseline.errors import ToolError
from baseline.findings import history
from baseline.findings.look import Look, Place
from baseline.findings.model import FAIL, SEVERITIES, UNKNOWN
from baseline.report.content import Point
from baseline.report.gathering import Past
from baseline.report.known import Known, Standing

# Days that a trend shows at most: those of a year of weeks.
_POINTS = 53

# By status and severity.
_Count = Counter[tuple[str, str]]


def trend(past: Past) -> Iterator[Point]:
    """The latest points, the oldest first.

    A look counts until another answers for the same place, as on the report itself. One that cannot
    be read counts nothing.
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
    for look, places in (*known.looks, *known.vain):
        for place in places:
            total.update(counts.at(look, place))
    failing = {severity: total[FAIL, severity] for severity in SEVERITIES}
    unknown = sum(count for (status, _), count in total.items() if status == UNKNOWN)
    accounts = {place.account_id for _, places in known.looks for place in places}
    return Point(when, failing, unknown, len(accounts))


class _Counts:
    """How much each look found, by the place that it answered for; each look is read once."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._known: dict[tuple[str, str], dict[Place, _Count]] = {}

    def at(self, look: Look, place: Place) -> _Count:
        """How much it found there."""
        key = look.stamp, look.kind
        if key not in self._known:
            self._known[key] = self._read(look)
        return self._known[key].get(place, _Count())

    def _read(self, look: Look) -> dict[Place, _Count]:
        try:
            found = history.counts(look, self._past.reports)
        except ToolError:
            return {}
        counts: dict[Place, _Count] = {}
        for place, its in found.items():
            if not self._past.asks_of(place.region):
                continue
            # An audit tool answers for an account, GuardDuty and Config for a region of it.
            for where in {place, place._replace(region="")}:
                counts.setdefault(where, _Count()).update(its)
        return counts
