"""What is known of all accounts at a moment: of each place the latest look that answered there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from baseline.errors import UsageError
from baseline.findings import history
from baseline.findings.look import AUDIT, Look, Place
from baseline.findings.model import Finding

Parts = tuple[tuple[Look, frozenset[Place]], ...]
"""Looks, the oldest first, and where each of them counts."""


@dataclass
class Standing:
    """What is known after some looks; the next one is added when it is its turn."""

    answers: dict[Place, Look] = field(default_factory=dict)
    tries: dict[Place, Look] = field(default_factory=dict)

    def add(self, look: Look) -> None:
        """Take in the look that comes after all others."""
        history.stand(look, self.answers)
        self.tries |= dict.fromkeys(look.tried, look)

    def known(self, accounts: frozenset[str] | None = None) -> "Known":
        """What counts; None: of all accounts."""
        vain = {
            place: look
            for place, look in self.tries.items()
            if look is not self.answers[place] and place not in look.answered
        }
        return Known(_parts(self.answers, accounts), _parts(vain, accounts))


@dataclass(frozen=True)
class Known:
    """``looks`` that count; ``vain`` are later tries that brought nothing and replace nothing."""

    looks: Parts
    vain: Parts

    @classmethod
    def after(cls, looks: Iterable[Look], accounts: frozenset[str] | None = None) -> "Known":
        """What is known after ``looks``, the oldest first; None: of all accounts."""
        standing = Standing()
        for look in looks:
            standing.add(look)
        return standing.known(accounts)

    def findings(self, reports: Path) -> Iterator[Finding]:
        """All that was found, streamed; raises ToolError when a look cannot be read."""
        return _findings(self.looks, reports)

    def unseen(self, reports: Path) -> Iterator[Finding]:
        """Why the later tries brought nothing."""
        return _findings(self.vain, reports)


def _parts(counting: Mapping[Place, Look], accounts: frozenset[str] | None) -> Parts:
    looks: dict[tuple[str, str], Look] = {}
    places = defaultdict(set)
    for place, look in counting.items():
        if accounts is None or place.account_id in accounts:
            looks[look.stamp, look.kind] = look
            places[look.stamp, look.kind].add(place)
    return tuple((looks[key], frozenset(places[key])) for key in sorted(looks))


def _findings(parts: Parts, reports: Path) -> Iterator[Finding]:
    for look, places in parts:
        for finding in history.findings(look, reports):
            if _inside(finding, places):
                yield finding


def _inside(finding: Finding, places: frozenset[Place]) -> bool:
    """An audit tool answers for an account, GuardDuty and Config for a region of it."""
    account = Place(finding.tool, finding.account_id)
    return account in places or account._replace(region=finding.region) in places


def earlier(looks: Sequence[Look], since: str) -> tuple[Look, ...]:
    """Those of ``looks`` that were begun up to ``since``: a look's stamp, a time or a day (UTC).

    Without it those before the latest audit; if there was none, before the latest look. Raises
    UsageError for a stamp that no look has.
    """
    if since in {look.stamp for look in looks}:
        return tuple(look for look in looks if look.stamp <= since)
    if since and "-" not in since:
        raise UsageError(f"no run {since} is kept", remedy="See: baseline audit list")
    if since:
        return tuple(look for look in looks if look.started[: len(since)] <= since)
    audits = [look.stamp for look in looks if look.kind == AUDIT]
    latest = max(audits or [look.stamp for look in looks], default="")
    return tuple(look for look in looks if look.stamp < latest)
