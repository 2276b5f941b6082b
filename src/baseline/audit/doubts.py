"""Answers that a tool could not know: what kept it from looking, laid beside what it said.

A check whose calls failed goes on without what they would have brought, and passes. Such a PASS
is UNKNOWN. What fails was seen, and stays; so does what a person has to look at, or has muted.
"""

import re
from collections.abc import Iterable, Iterator

from baseline.audit.obstacles import OPERATION, Kind, Obstacle
from baseline.findings.model import PASS, UNKNOWN, Finding

# What stands between why an answer is not to be believed and what it was.
_WITHOUT = ". Without it: "
# How ``why`` begins, here as in what was kept earlier.
_WHY = re.compile(rf"(?:^|; )({'|'.join(Kind)}) \((?:once|\d+ times)\): ")
_POLICY = re.compile(r"with an explicit deny in an? [\w -]+")


class Doubts:
    """The obstacles of one scan, and which of them some answer tells of."""

    def __init__(self, obstacles: Iterable[Obstacle]) -> None:
        self._obstacles = tuple(obstacles)
        self._told = set[int]()
        self._by_check: dict[str, list[int]] = {}
        self._by_service: dict[str, list[int]] = {}
        for number, obstacle in enumerate(self._obstacles):
            for check in obstacle.checks or ():
                self._by_check.setdefault(check, []).append(number)
            if obstacle.checks is None:
                self._by_service.setdefault(obstacle.service, []).append(number)

    def settle(self, finding: Finding) -> Finding:
        """``finding``, or UNKNOWN in its place, with the reason."""
        if finding.status != PASS:
            return finding
        numbers = [n for n in self._near(finding) if _reaches(self._obstacles[n], finding)]
        if not numbers:
            return finding
        self._told.update(numbers)
        reasons = "; ".join(why(self._obstacles[n]) for n in numbers)
        return finding._replace(status=UNKNOWN, detail=f"{reasons}{_WITHOUT}{finding.detail}")

    def untold(self) -> Iterator[Obstacle]:
        """The obstacles that no answer told of."""
        return (o for n, o in enumerate(self._obstacles) if n not in self._told)

    def _near(self, finding: Finding) -> list[int]:
        return [
            *self._by_check.get(finding.check, ()),
            *self._by_service.get(finding.service, ()),
            *(self._by_service.get("", ()) if finding.service else ()),
        ]


def why(obstacle: Obstacle) -> str:
    """The reason in words."""
    times = "once" if obstacle.count == 1 else f"{obstacle.count} times"
    return f"{obstacle.kind} ({times}): {obstacle.example}"


def brief(detail: str) -> str:
    """What a finding says of why nobody could look, without what is another in every place.

    Of a call that AWS refused its name is left, and the policy that denies it where AWS says so:
    "ListKeys: denied".
    """
    before, *said = _WHY.split(detail.partition(_WITHOUT)[0])
    if before or not said:
        return detail
    pairs = zip(said[::2], said[1::2], strict=True)
    return "; ".join(dict.fromkeys(_briefly(kind, example) for kind, example in pairs))


def _briefly(kind: str, example: str) -> str:
    operation, policy = OPERATION.search(example), _POLICY.search(example)
    if not operation:
        return f"{kind}: {example}"
    return f"{operation[1]}: {kind} {policy[0] if policy else ''}".strip()


def _reaches(obstacle: Obstacle, finding: Finding) -> bool:
    """Whether ``finding`` is about where the obstacle was.

    A check that reads other services than its own may do so in any region.
    """
    if finding.service != obstacle.service:
        return True
    return not obstacle.region or finding.region in ("", obstacle.region)
