"""The findings of a report, counted while they pass, with the worst of them."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator

from baseline.findings.comparison import Change
from baseline.findings.model import FAIL, OTHER, SEVERITIES, UNKNOWN
from baseline.report.content import Shown

# Findings that are named where all of them have no room.
NAMED = 20

# What was not there before.
FRESH = (Change.NEW, Change.REOPENED)


def counted_as(severity: str) -> str:
    """The severity under which it counts: one that nobody knows is OTHER."""
    return severity if severity in SEVERITIES else OTHER


def rank(severity: str) -> int:
    """0 for the worst; one that nobody knows may be as bad as that."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


class Worst:
    """The worst of many findings; of equals, those that came first."""

    def __init__(self, most: int = NAMED) -> None:
        self.total = 0
        self._most = most
        self._kept: list[tuple[tuple[bool, int, int], Shown]] = []

    def see(self, shown: Shown) -> None:
        """Keep ``shown``, if it is bad enough."""
        self.total += 1
        # What could not be looked at has no severity to speak of.
        order = (shown.status == FAIL, -rank(shown.finding.severity), -self.total)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, (order, shown))
        else:
            heapq.heappushpop(self._kept, (order, shown))

    def __iter__(self) -> Iterator[Shown]:
        """The worst first."""
        return (shown for _, shown in sorted(self._kept, reverse=True))


class Digest:
    """What there is: ``counts`` by status and severity of what is there, resolved or not.

    ``changes`` are by change and severity, ``accounts`` severities of what fails by id, ``names``
    theirs. ``no_result`` are those of what is UNKNOWN of which that is no loss.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.changes: Counter[tuple[Change | None, str]] = Counter()
        self.accounts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.names: dict[str, str] = {}
        self.no_result = 0
        self.worst = Worst()
        self.new = Worst()

    def see(self, shown: Shown) -> None:
        """Count it."""
        finding = shown.finding
        severity = counted_as(finding.severity)
        self.counts[shown.status, severity] += 1
        self.no_result += shown.no_result
        if finding.status == FAIL:
            self.changes[shown.change, severity] += 1
        if shown.status == FAIL:
            self.accounts[finding.account_id][severity] += 1
            self.names[finding.account_id] = finding.account_name
            self.worst.see(shown)
            if shown.change in FRESH:
                self.new.see(shown)

    @property
    def severities(self) -> tuple[str, ...]:
        """Those that are told of, the worst first; OTHER where there is any."""
        other = sum(self.changes[change, OTHER] for change in (None, *Change))
        return (*SEVERITIES, OTHER) if other else SEVERITIES

    @property
    def unseen(self) -> int:
        """How much could not be looked at."""
        return self.total(UNKNOWN) - self.no_result

    def total(self, status: str) -> int:
        """How many have ``status``."""
        return sum(count for (its, _), count in self.counts.items() if its == status)
