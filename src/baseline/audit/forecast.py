"""How long scans take: as long as the last time, or as others of the same tool."""

from collections.abc import Mapping

from baseline.audit.manifest import Entry
from baseline.audit.scan import Reach

# How far a scan must have come for its own pace to tell more than the last time.
_TELLING = 0.1


class Forecast:
    """Expected durations in seconds; 0 where nothing is known. ``known`` are earlier entries."""

    def __init__(self, known: Mapping[tuple[str, str], Entry]) -> None:
        self._seconds: dict[tuple[str, str], float] = {}
        self._tools: dict[str, tuple[int, float]] = {}
        for entry in known.values():
            self.learn(entry)

    def learn(self, entry: Entry) -> None:
        """Take the duration of an entry that ended usable into account."""
        if entry.usable:
            self._seconds[entry.key] = entry.seconds
            count, total = self._tools.get(entry.tool, (0, 0.0))
            self._tools[entry.tool] = (count + 1, total + entry.seconds)

    def known(self, entry: Entry) -> float:
        """How long this tool took in this account."""
        return self._seconds.get(entry.key, 0.0)

    def mean(self, tool: str) -> float:
        """How long ``tool`` took, in any account."""
        count, total = self._tools.get(tool, (0, 0.0))
        return total / count if count else 0.0

    def of(self, entry: Entry) -> float:
        """How long this tool will take in this account."""
        return self.known(entry) or self.mean(entry.tool)

    def left(self, entry: Entry, elapsed: float, reach: Reach) -> float | None:
        """How long a scan that has run for ``elapsed`` will still take; None: nothing tells."""
        if reach.total and reach.done >= _TELLING * reach.total:
            return elapsed * max(0, reach.total - reach.done) / reach.done
        expected = self.of(entry)
        return max(0.0, expected - elapsed) if expected else None
