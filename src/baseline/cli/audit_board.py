"""What is shown of a run that goes on: kept at a cost that does not depend on the run's size."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from time import monotonic

from baseline.audit.forecast import Forecast
from baseline.audit.job import Progress
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.scan import Reach
from baseline.findings.model import FAIL

_OVER = (Status.FAILED, Status.NOT_LOOKED, Status.PARTIAL, Status.COMPLETE)
# What a narrow terminal cuts off is what matters least.
_ORDER = (Status.RUNNING, Status.WAITING, *_OVER)


class Board:
    """The states of all scans, safe to read while it is changed.

    ``workers`` accounts are looked at at a time; ``forecast`` learns from what ends.
    """

    def __init__(
        self,
        run: Run,
        workers: int,
        forecast: Forecast,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.tools = tuple(dict.fromkeys(entry.tool for entry in run.entries))
        self.scans = len(run.entries)
        self._workers = workers
        self._forecast = forecast
        self._clock = clock
        self._lock = threading.Lock()
        # What is not settled is done again.
        self._states = {e.key: e.status if e.settled else Status.WAITING for e in run.entries}
        self._sums = Counter(self._states.values())
        self._failing = sum(e.counts.get(FAIL, 0) for e in run.entries if e.settled)
        self._running: dict[tuple[str, str], tuple[Progress, float]] = {}
        self._rows: OrderedDict[str, dict[str, Progress]] = OrderedDict()
        # Of the scans that wait: the seconds of those that are known, how many others, by tool.
        self._known = 0.0
        self._others: Counter[str] = Counter()
        self._waiting: dict[tuple[str, str], float] = {}
        for entry in run.entries:
            if entry.settled:
                self._rows.setdefault(entry.account_id, {})[entry.tool] = Progress(entry, Reach())
            else:
                self._wait(entry)

    def take(self, change: Progress) -> None:
        """Note ``change``."""
        with self._lock:
            entry, before = change.entry, self._states[change.entry.key]
            self._sums[before] -= 1
            self._sums[entry.status] += 1
            self._states[entry.key] = entry.status
            self._rows.setdefault(entry.account_id, {})[entry.tool] = change
            self._rows.move_to_end(entry.account_id)
            if before is Status.WAITING:
                self._no_longer_wait(entry)
            if entry.status is Status.WAITING:
                self._wait(entry)
            self._run(change)

    @property
    def over(self) -> int:
        """How many scans have ended."""
        return sum(self._sums[status] for status in _OVER)

    @property
    def failing(self) -> int:
        """How many findings fail, so far."""
        with self._lock:
            return self._failing + sum(c.reach.failing for c, _ in self._running.values())

    def sums(self) -> list[tuple[Status, int]]:
        """How many scans are in each state that there is."""
        with self._lock:
            return [(status, self._sums[status]) for status in _ORDER if self._sums[status]]

    def rows(self, most: int) -> list[dict[str, Progress]]:
        """The accounts that are looked at now, then those that changed last, by tool."""
        with self._lock:
            first = dict.fromkeys(account for account, _ in self._running)
            for account in reversed(self._rows):
                if len(first) >= most:
                    break
                first.setdefault(account)
            return [dict(self._rows[account]) for account in list(first)[:most]]

    def left(self) -> float:
        """Seconds until all have ended; 0 when it cannot be told.

        One scan of which nothing is known is enough for that: what it takes is no nothing.
        """
        with self._lock:
            running = [
                self._forecast.left(change.entry, self._clock() - since, change.reach)
                for change, since in self._running.values()
            ]
            others = [(n, self._forecast.mean(tool)) for tool, n in self._others.items() if n]
        told = [left for left in running if left is not None]
        if len(told) < len(running) or not all(mean for _, mean in others):
            return 0.0
        work = sum(told) + self._known + sum(n * mean for n, mean in others)
        return max([work / self._workers, *told])

    def scan_left(self, entry: Entry) -> float:
        """Seconds until this scan, which runs, has ended; 0 when it cannot be told."""
        with self._lock:
            if entry.key not in self._running:
                return 0.0
            change, since = self._running[entry.key]
            return self._forecast.left(entry, self._clock() - since, change.reach) or 0.0

    def _run(self, change: Progress) -> None:
        entry = change.entry
        if entry.status is Status.RUNNING:
            since = self._running.get(entry.key, (change, self._clock()))[1]
            self._running[entry.key] = (change, since)
        elif self._running.pop(entry.key, None):
            self._forecast.learn(entry)
            self._failing += entry.counts.get(FAIL, 0)

    def _wait(self, entry: Entry) -> None:
        self._waiting[entry.key] = known = self._forecast.known(entry)
        self._known += known
        self._others[entry.tool] += not known

    def _no_longer_wait(self, entry: Entry) -> None:
        known = self._waiting.pop(entry.key, None)
        if known is not None:
            self._known -= known
            self._others[entry.tool] -= not known


def heartbeats(
    board: Board, changes: Iterator[Progress], every: float, clock: Callable[[], float] = monotonic
) -> Iterator[Progress]:
    """Those of ``changes`` that are new states, and each scan that goes on now and then.

    ``every`` is in seconds.
    """
    said: dict[tuple[str, str], tuple[Status, float]] = {}
    for change in changes:
        board.take(change)
        key, status, now = change.entry.key, change.entry.status, clock()
        before = said.get(key)
        if before and before[0] is status and now - before[1] < every:
            continue
        said[key] = (status, now)
        yield change
