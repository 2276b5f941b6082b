"""Counts of findings, taken while they pass, and the worst of them."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from baseline.findings.comparison import Change
from baseline.findings.model import (
    FAIL,
    OTHER,
    PASS,
    SEVERITIES,
    UNKNOWN,
    Finding,
    counted_as,
    rank,
)
from baseline.report.content import Shown

# Findings that are named where all of them have no room.
NAMED = 20

# What was not there before.
FRESH = (Change.NEW, Change.REOPENED)


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


@dataclass(frozen=True)
class FailingCheck:
    """A check that fails: ``finding`` is one of those that it gave."""

    finding: Finding
    failing: int
    passing: int
    accounts: int


class Tally:
    """What there is: ``counts`` by status and severity of what is there, resolved or not.

    ``changes`` are by change and severity. ``accounts`` count severities of what fails, and
    what was not seen, by id; ``names`` are theirs. ``no_result`` are those of what is UNKNOWN of
    which that is no loss: they are counted nowhere else as not seen.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.changes: Counter[tuple[Change | None, str]] = Counter()
        self.accounts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.names: dict[str, str] = {}
        self.no_result = 0
        self.worst = Worst()
        self.new = Worst()
        self._failing: dict[tuple[str, str], Counter[str]] = {}
        self._passing: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], Finding] = {}

    def see(self, shown: Shown) -> None:
        """Count it."""
        finding, status = shown.finding, shown.status
        severity = counted_as(finding.severity)
        self.counts[status, severity] += 1
        self.names.setdefault(finding.account_id, finding.account_name)
        if finding.status == FAIL:
            self.changes[shown.change, severity] += 1
        if status == FAIL:
            self.accounts[finding.account_id][severity] += 1
            self._fail(shown)
        elif status == PASS:
            self._passing[finding.tool, finding.check] += 1
        elif shown.no_result:
            self.no_result += 1
        elif status == UNKNOWN and not shown.lost:
            self.accounts[finding.account_id][UNKNOWN] += 1

    def _fail(self, shown: Shown) -> None:
        self.worst.see(shown)
        if shown.change in FRESH:
            self.new.see(shown)
        finding = shown.finding
        key = finding.tool, finding.check
        worst = self._examples.setdefault(key, finding)
        if rank(finding.severity) < rank(worst.severity):
            self._examples[key] = finding
        self._failing.setdefault(key, Counter())[finding.account_id] += 1

    @property
    def told(self) -> tuple[str, ...]:
        """The severities that are told of, the worst first; OTHER where there is any."""
        other = any(self.changes[change, OTHER] for change in (None, *Change))
        return (*SEVERITIES, OTHER) if other else SEVERITIES

    @property
    def failing(self) -> Counter[str]:
        """How many fail of each severity."""
        return Counter({severity: n for (its, severity), n in self.counts.items() if its == FAIL})

    @property
    def unseen(self) -> int:
        """How much could not be looked at."""
        return self.total(UNKNOWN) - self.no_result

    def total(self, status: str) -> int:
        """How many have ``status``."""
        return sum(count for (its, _), count in self.counts.items() if its == status)

    def failing_accounts(self, *severities: str) -> int:
        """In how many accounts anything of these severities fails."""
        return sum(any(counts[s] for s in severities) for counts in self.accounts.values())

    def units(self, ous: Mapping[str, str]) -> dict[str, Counter[str]]:
        """What the accounts say, added up by their OU; "" is that of accounts nobody knows."""
        found: dict[str, Counter[str]] = {}
        for account_id, counts in self.accounts.items():
            found.setdefault(ous.get(account_id, ""), Counter()).update(counts)
        return dict(sorted(found.items(), key=lambda item: _weight(item[1])))

    def worst_accounts(self) -> list[tuple[str, Counter[str]]]:
        """All accounts with a finding that fails or is unknown, the worst first."""
        return sorted(self.accounts.items(), key=lambda item: (_weight(item[1]), item[0]))

    def worst_checks(self) -> list[FailingCheck]:
        """The checks that fail, the most severe first, of those the most widespread."""
        found = [
            FailingCheck(self._examples[key], counts.total(), self._passing[key], len(counts))
            for key, counts in self._failing.items()
        ]
        found.sort(
            key=lambda c: (rank(c.finding.severity), -c.accounts, -c.failing, c.finding.check)
        )
        return found


def _weight(counts: Counter[str]) -> tuple[int, ...]:
    """For sorting, the worst first: one critical outweighs any number of high ones."""
    return tuple(-counts[name] for name in (*SEVERITIES, OTHER, UNKNOWN))
