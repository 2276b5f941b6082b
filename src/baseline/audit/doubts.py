"""Answers that a tool could not know: what kept it from looking, laid beside what it said.

A check whose calls failed goes on without what they would have brought, and passes. Such a PASS
is UNKNOWN. What fails was seen, and stays; so does what a person has to look at, or has muted.
"""

from collections.abc import Iterable, Iterator

from baseline.audit.obstacles import Obstacle
from baseline.findings.model import PASS, UNKNOWN, Finding


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
        return finding._replace(status=UNKNOWN, detail=f"{reasons}. Without it: {finding.detail}")

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


def _reaches(obstacle: Obstacle, finding: Finding) -> bool:
    """Whether ``finding`` is about where the obstacle was.

    A check that reads other services than its own may do so in any region.
    """
    if finding.service != obstacle.service:
        return True
    return not obstacle.region or finding.region in ("", obstacle.region)
