"""Two pieces of work, timed in turn, so that a drifting machine slows both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Median seconds of both, and the median, least and greatest of the ratios pair by pair."""

    first: float
    second: float
    ratio: float
    least: float
    greatest: float

    def __str__(self) -> str:
        spread = f"{self.least:.2f}-{self.greatest:.2f}"
        return f"ratio {self.ratio:.2f} ({spread}); {self.first:.3f} s against {self.second:.3f} s"


def compare(
    first: Callable[[], None],
    second: Callable[[], None],
    runs: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Pair:
    """Run both once to warm up, then ``runs`` times in turn; seconds are those of ``clock``."""
    first()
    second()
    times = [(_seconds(first, clock), _seconds(second, clock)) for _ in range(runs)]
    ratios = [a / b for a, b in times]
    return Pair(
        statistics.median(a for a, _ in times),
        statistics.median(b for _, b in times),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def _seconds(work: Callable[[], None], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start
