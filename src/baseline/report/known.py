"""What is known of all accounts at a moment: of each place the latest looks that answered there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from baseline.errors import UsageError
from baseline.findings import history
from baseline.findings.comparison import Sight
from baseline.findings.look import AUDIT, Look, Place
from baseline.findings.model import FAIL, Finding, Key

_NONE: Mapping[Place, tuple[Look, ...]] = MappingProxyType({})


class Part(NamedTuple):
    """A look and where it counts, but for what ``later`` looks at less looked at again there."""

    look: Look
    places: frozenset[Place]
    later: Mapping[Place, tuple[Look, ...]] = _NONE

    def has(self, finding: Finding) -> bool:
        """Whether this finding of the look counts.

        An audit tool answers for an account, GuardDuty and Config for a region of it.
        """
        account = Place(finding.tool, finding.account_id)
        where = account if account in self.places else account._replace(region=finding.region)
        return where in self.places and not (
            self.later and any(look.replaces(finding) for look in self.later.get(where, ()))
        )


Parts = tuple[Part, ...]
"""The oldest first."""


@dataclass
class Standing:
    """What is known after some looks; the next one is added when it is its turn."""

    answers: dict[Place, tuple[Look, ...]] = field(default_factory=dict)
    tries: dict[Place, Look] = field(default_factory=dict)

    def add(self, look: Look) -> None:
        """Take in the look that comes after all others; what is imported was no try."""
        history.stand(look, self.answers)
        if not look.imported:
            self.tries |= dict.fromkeys(look.tried, look)

    def known(self, accounts: frozenset[str] | None = None) -> "Known":
        """What counts; None: of all accounts."""
        vain = {
            place: (look,)
            for place, look in self.tries.items()
            if look is not self.answers[place][-1] and place not in look.answered
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

    @property
    def sight(self) -> Sight:
        """Where was looked."""
        return Sight((part.look, part.places) for part in self.looks)

    def findings(self, reports: Path) -> Iterator[Finding]:
        """All that was found, streamed; raises ToolError when a look cannot be read.

        What fails in an import as well as elsewhere comes once, as the latest import has it.
        """
        told: set[Key] = set()
        for part in reversed([part for part in self.looks if part.look.imported]):
            for finding in _untold(_findings((part,), reports), told):
                yield finding
                if finding.status == FAIL:
                    told.add(finding.key)
        own = tuple(part for part in self.looks if not part.look.imported)
        yield from _untold(_findings(own, reports), told)

    def unseen(self, reports: Path) -> Iterator[Finding]:
        """Why the later tries brought nothing."""
        return _findings(self.vain, reports)


def _parts(counting: Mapping[Place, tuple[Look, ...]], accounts: frozenset[str] | None) -> Parts:
    looks: dict[tuple[str, str], Look] = {}
    places = defaultdict(set)
    later: defaultdict[tuple[str, str], dict[Place, tuple[Look, ...]]] = defaultdict(dict)
    for place, its in counting.items():
        if accounts is not None and place.account_id not in accounts:
            continue
        for number, look in enumerate(its, 1):
            key = look.stamp, look.kind
            looks[key] = look
            places[key].add(place)
            if number < len(its):
                later[key][place] = its[number:]
    return tuple(Part(looks[key], frozenset(places[key]), later[key]) for key in sorted(looks))


def _findings(parts: Parts, reports: Path) -> Iterator[Finding]:
    for part in parts:
        yield from filter(part.has, history.findings(part.look, reports))


def _untold(findings: Iterator[Finding], told: Collection[Key]) -> Iterator[Finding]:
    if not told:
        return findings
    return (f for f in findings if f.status != FAIL or f.key not in told)


def earlier(looks: Sequence[Look], since: str) -> tuple[Look, ...]:
    """Those of ``looks`` that were begun up to ``since``: a look's stamp, a time or a day (UTC).

    Without it those before the latest audit of one's own; if there was none, before the latest
    look. Raises UsageError for a stamp that no look has.
    """
    if since in {look.stamp for look in looks}:
        return tuple(look for look in looks if look.stamp <= since)
    if since and "-" not in since:
        raise UsageError(f"no run {since} is kept", remedy="See: baseline audit list")
    if since:
        return tuple(look for look in looks if look.started[: len(since)] <= since)
    audits = [look.stamp for look in looks if look.kind == AUDIT and not look.imported]
    latest = max(audits or [look.stamp for look in looks], default="")
    return tuple(look for look in looks if look.stamp < latest)
