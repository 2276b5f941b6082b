"""The findings of a report, counted while they pass, with the worst of them."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator

from baseline.findings.comparison import Change
from baseline.findings.model import FAIL, SEVERITIES
from baseline.report.content import Shown

# Findings that are named where all of them have no room.
NAMED = 20


def rank(severity: str) -> int:
    """0 for the worst; one that nobody knows is as bad as the least."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES) - 1


class Worst:
    """The worst of many findings; of equals, those that came first."""

    def __init__(self, most: int = NAMED) -> None:
        self.total = 0
        self._most = most
        self._kept: list[tuple[tuple[bool, int, int], Shown]] = []

    def see(self, shown: Shown) -> None:
        """Keep ``shown``, if it is bad enough."""
        self.total += 1
        finding = shown.finding
        # What could not be looked at has no severity to speak of.
        order = (finding.status == FAIL, -rank(finding.severity), -self.total)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, (order, shown))
        else:
            heapq.heappushpop(self._kept, (order, shown))

    def __iter__(self) -> Iterator[Shown]:
        """The worst first."""
        return (shown for _, shown in sorted(self._kept, reverse=True))


class Digest:
    """What there is: ``statuses`` of what is open, ``severities`` of what of it fails.

    ``changes`` are by change and severity, ``accounts`` severities by id, ``names`` theirs.
    """

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.severities: Counter[str] = Counter()
        self.changes: defaultdict[Change | None, Counter[str]] = defaultdict(Counter)
        self.accounts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.names: dict[str, str] = {}
        self.worst = Worst()
        self.new = Worst()

    def see(self, shown: Shown) -> None:
        """Count it."""
        finding, change = shown
        if finding.status == FAIL:
            self.changes[change][finding.severity] += 1
        if change is Change.RESOLVED:
            return
        self.statuses[finding.status] += 1
        if finding.status == FAIL:
            self.severities[finding.severity] += 1
            self.accounts[finding.account_id][finding.severity] += 1
            self.names[finding.account_id] = finding.account_name
            self.worst.see(shown)
            if change in (Change.NEW, Change.REOPENED):
                self.new.see(shown)
