"""Choosing among findings, by what people ask for. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from baseline.findings.model import FAIL, SEVERITIES, Finding
from baseline.findings.patterns import matches


@dataclass(frozen=True)
class Wanted:
    """What a finding has to be; empty means anything.

    ``types`` and ``resources`` are patterns like ``*:EC2/*``; ``since`` and ``until`` are about
    when it was last seen, and a finding without that time is within none.
    """

    statuses: frozenset[str] = field(default_factory=frozenset)
    severity: str = ""
    types: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def passes(self, finding: Finding) -> bool:
        """Whether it is wanted; ``severity`` is the least that it has to have."""
        return (
            (not self.statuses or finding.status in self.statuses)
            and (not self.severity or as_bad_as(finding, self.severity))
            and _like(finding.check, self.types)
            and _like(finding.resource, self.resources)
            and self._timely(finding)
        )

    def _timely(self, finding: Finding) -> bool:
        if self.since is None and self.until is None:
            return True
        if not finding.last_seen:
            return False
        seen = instant(finding.last_seen)
        return (self.since is None or seen >= self.since) and (
            self.until is None or seen <= self.until
        )


def as_bad_as(finding: Finding, severity: str) -> bool:
    """Whether it is as severe as ``severity``, or more; one without a severity is not."""
    return finding.severity in SEVERITIES[: SEVERITIES.index(severity) + 1]


def worst_first(finding: Finding) -> tuple[bool, int, str, str]:
    """The order for people: what fails, the worst of it, then account and region."""
    known = finding.severity in SEVERITIES
    rank = SEVERITIES.index(finding.severity) if known else len(SEVERITIES)
    return finding.status != FAIL, rank, finding.account_id, finding.region


def instant(text: str) -> datetime:
    """A time; without a zone it is UTC. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _like(text: str, patterns: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return not patterns or any(matches(lowered, pattern.lower()) for pattern in patterns)
