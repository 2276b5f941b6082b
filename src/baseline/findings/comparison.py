"""What became of findings between two looks: new, open, resolved, reopened, or not looked at.

Findings are told apart by their keys: several answers under one key are one, and the worst counts.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from baseline.findings.look import EVERYWHERE, PARTIAL, Gap, Look, Place
from baseline.findings.model import (
    ARCHIVED,
    DETECTING,
    FAIL,
    MANUAL,
    MUTED,
    PASS,
    UNKNOWN,
    Finding,
    Key,
)

# Of answers that do not fail, what counts first; the last stands for none.
_ORDER = (UNKNOWN, MANUAL, MUTED, ARCHIVED, PASS, "")
# Somebody has to look, still.
_NO_ANSWERS = frozenset({UNKNOWN, MANUAL})
# Known, and does not count.
_QUIET = frozenset({MUTED, ARCHIVED})
_NO_REASON = "could not look"
_UNSEEN_THEN = "not looked at then: "


class Change(StrEnum):
    """What became of a finding. A place that gave no answer resolves nothing."""

    NEW = "new"
    OPEN = "open"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    MUTED = "muted"
    NOT_LOOKED = "not looked at"


@dataclass(frozen=True)
class Changed:
    """A finding that fails, or did.

    ``reason`` says why it is not looked at, or muted; of what begins to fail, why the earlier look
    may not have seen it, or did not count it. ``finding`` is as it is now; what is resolved or was
    not looked at is as it last was.
    """

    change: Change
    finding: Finding
    reason: str = ""

    @property
    def unseen_before(self) -> bool:
        """Whether it is new only as far as anybody knows: the earlier side did not look there."""
        return self.change is Change.NEW and self.reason.startswith(_UNSEEN_THEN)


class Sight:
    """Where a side of a comparison looked: looks, each with the places that count of it.

    They are given the oldest first: of those of a place the latest that looked at it counts.
    """

    def __init__(self, looks: Iterable[tuple[Look, Collection[Place]]]) -> None:
        self._places: dict[Place, list[Look]] = {}
        self._gaps: dict[tuple[str, str, str, str], list[Gap]] = {}
        for look, its in looks:
            places = frozenset(its)
            for place in places & look.answered:
                self._places.setdefault(place, []).append(look)
            for gap in look.gaps:
                if places_of(gap) & places:
                    key = look.stamp, look.kind, gap.tool, gap.account_id
                    self._gaps.setdefault(key, []).append(gap)

    @classmethod
    def of(cls, look: Look) -> "Sight":
        """All that one look saw."""
        return cls([(look, look.looked)])

    def blind(self, finding: Finding) -> str:
        """Why a finding could not have been seen if it was there; empty: it would have been."""
        looks = next((self._places[p] for p in places_of(finding) if p in self._places), [])
        blind = f"{finding.tool} gave no answer here"
        for look in reversed(looks):
            # Nobody chose what is not among what was imported; another look may have seen it.
            blind = PARTIAL if look.imported else look.left_out(finding.region, finding.service)
            if not blind:
                key = look.stamp, look.kind, finding.tool, finding.account_id
                gaps = self._gaps.get(key, ())
                return next((gap.reason or _NO_REASON for gap in gaps if _hides(gap, finding)), "")
        return blind


@dataclass(frozen=True)
class Side:
    """What was found at a time, and where there was a look."""

    findings: Iterable[Finding]
    sight: Sight


def compare(earlier: Side, later: Side, failed_before: Collection[Key] = ()) -> Iterator[Changed]:
    """What became of each finding that fails on one of the two sides.

    ``failed_before`` are keys of what failed at any time before the earlier side.
    """
    then, now = _Answers(earlier), _Answers(later)
    for key, finding in now.failing.items():
        if key in then.failing:
            yield Changed(Change.OPEN, finding)
        else:
            yield _begun(finding, then, before=key in failed_before)
    for key, finding in then.failing.items():
        if key not in now.failing:
            yield _ended(finding, now)


def places_of(where: Finding | Gap) -> frozenset[Place]:
    """What may answer for it: audit tools for an account, GuardDuty and Config for a region."""
    account = Place(where.tool, where.account_id)
    return frozenset({account, account._replace(region=where.region)})


class _Other(NamedTuple):
    """An answer that does not fail, and why it is none, or does not count."""

    status: str
    reason: str


class _Answers:
    """The answers of a side: the worst under each key, and which checks answered at all.

    Of what does not fail no more is held than it takes: there are hundreds of thousands.
    """

    def __init__(self, side: Side) -> None:
        self.failing: dict[Key, Finding] = {}
        self.others: dict[Key, _Other] = {}
        self._sight = side.sight
        self._blanks: list[Gap] = []
        self._answered: set[tuple[str, str, str]] = set()
        for finding in side.findings:
            self._take(finding)

    def _take(self, finding: Finding) -> None:
        if finding.status == UNKNOWN and not finding.check:
            place = finding.tool, finding.account_id, finding.region, finding.service
            self._blanks.append(Gap(*place, reason=finding.detail))
            return
        self._answered.add((finding.tool, finding.account_id, finding.check))
        key = finding.key
        if finding.status == FAIL:
            self.failing.setdefault(key, finding)
        elif _rank(finding.status) < _rank(self.others.get(key, _NOTHING).status):
            self.others[key] = _Other(finding.status, _reason(finding))

    def blind(self, finding: Finding) -> str:
        """Why ``finding``, which does not fail here, may be there all the same; or nothing."""
        found = self.others.get(finding.key)
        if found:
            return found.reason if found.status in _NO_ANSWERS else ""
        if reason := self._sight.blind(finding):
            return reason
        for blank in self._blanks:
            if places_of(blank) & places_of(finding) and _hides(blank, finding):
                return blank.reason or _NO_REASON
        answer = (finding.tool, finding.account_id, finding.check)
        silent = finding.tool not in DETECTING and answer not in self._answered
        return "the check gave no answer" if silent else ""


def _begun(finding: Finding, then: _Answers, *, before: bool) -> Changed:
    """What fails now: only where the earlier side looked it can be back."""
    found = then.others.get(finding.key)
    if found and found.status in _QUIET:
        return Changed(Change.REOPENED, finding, f"muted then: {found.reason}")
    blind = then.blind(finding)
    reason = f"{_UNSEEN_THEN}{blind}" if blind else ""
    if not before:
        return Changed(Change.NEW, finding, reason)
    return Changed(Change.OPEN if blind else Change.REOPENED, finding, reason)


def _ended(finding: Finding, now: _Answers) -> Changed:
    """What failed, and does not any more."""
    found = now.others.get(finding.key)
    if found and found.status in _QUIET:
        quiet = finding._replace(status=found.status, muted=found.reason)
        return Changed(Change.MUTED, quiet, found.reason)
    blind = now.blind(finding)
    return Changed(Change.NOT_LOOKED if blind else Change.RESOLVED, finding, blind)


_NOTHING = _Other("", "")


def _rank(status: str) -> int:
    return _ORDER.index(status)


def _reason(finding: Finding) -> str:
    if finding.status in _NO_ANSWERS:
        return finding.detail or _NO_REASON
    return finding.muted


def _hides(gap: Gap, finding: Finding) -> bool:
    if gap.region and finding.region not in {gap.region, *EVERYWHERE}:
        return False
    if gap.checks is not None:
        return finding.check in gap.checks
    return gap.service in ("", finding.service)
