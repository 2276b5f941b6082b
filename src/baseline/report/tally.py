"""Counts of findings, taken while they pass on their way to somewhere else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from baseline.findings.model import FAIL, OTHER, PASS, SEVERITIES, UNKNOWN, Finding
from baseline.report.content import Shown
from baseline.report.digest import counted_as, rank


@dataclass(frozen=True)
class FailingCheck:
    """A check that fails: ``finding`` is one of those that it gave."""

    finding: Finding
    failing: int
    passing: int
    accounts: int


@dataclass
class Tally:
    """Counts by status, and of what fails by severity: in all, by account and by check.

    ``accounts`` count severities of what fails, and UNKNOWN, by id; ``names`` are theirs.
    ``no_result`` are those of what is UNKNOWN of which that is no loss.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    no_result: int = 0
    accounts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _failing: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _passing: Counter[tuple[str, str]] = field(default_factory=Counter)
    _examples: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def through(self, rows: Iterable[Shown]) -> Iterator[Shown]:
        """The same rows, counted."""
        for row in rows:
            self.no_result += row.no_result
            self._count(row.finding, row.status)
            yield row

    def _count(self, row: Finding, status: str) -> None:
        self.statuses[status] += 1
        self.names.setdefault(row.account_id, row.account_name)
        if status == FAIL:
            self._fail(row)
        elif status == UNKNOWN:
            self.accounts[row.account_id][UNKNOWN] += 1
        elif status == PASS:
            self._passing[row.tool, row.check] += 1

    def _fail(self, row: Finding) -> None:
        severity = counted_as(row.severity)
        self.severities[severity] += 1
        self.accounts[row.account_id][severity] += 1
        key = row.tool, row.check
        worst = self._examples.setdefault(key, row)
        if rank(row.severity) < rank(worst.severity):
            self._examples[key] = row
        self._failing.setdefault(key, Counter())[row.account_id] += 1

    @property
    def told(self) -> tuple[str, ...]:
        """The severities that are told of, the worst first; OTHER where there is any."""
        return (*SEVERITIES, OTHER) if self.severities[OTHER] else SEVERITIES

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
