"""How many accounts at a time this machine can bear, as measured with both tools."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from baseline.machine import available_memory

_GIB = 1 << 30
_RESERVE = 1 * _GIB
# Prowler's peak in one account: its AWS clients take memory for each region.
_FEW_REGIONS = 4
_PER_ACCOUNT = {True: 1 * _GIB, False: 3 * _GIB // 2}
_PER_CORE = 3
_MOST = 12
# Seconds after which a tool has taken what it takes, and free memory tells of it.
_GROWN = 60.0


def workers(accounts: int, regions: int) -> int:
    """How many accounts to audit at once; ``regions`` 0 means all of them."""
    return most(accounts, regions, os.cpu_count() or 1, available_memory())


def most(accounts: int, regions: int, cores: int, memory: int | None) -> int:
    """The same for ``cores`` and ``memory`` (bytes that are free, None: cannot be told)."""
    fitting = _MOST if memory is None else (memory - _RESERVE) // need(regions)
    return max(1, min(accounts, _PER_CORE * cores, fitting, _MOST))


def need(regions: int) -> int:
    """The bytes that an account takes; ``regions`` 0 means all of them."""
    return _PER_ACCOUNT[0 < regions <= _FEW_REGIONS]


class Room:
    """Lets tools start as the free memory of that moment allows. One may always run.

    What just started has not yet taken what it will take, and is counted in full.
    """

    def __init__(
        self,
        free: Callable[[], int | None] = available_memory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = free
        self._clock = clock
        self._running: dict[object, tuple[float, int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, size: int, stop: threading.Event, glance: float = 1.0) -> Iterator[None]:
        """Wait until ``size`` bytes are free, or ``stop`` is set, and hold them meanwhile."""
        ticket = object()
        while not self._enter(ticket, size) and not stop.wait(glance):
            continue
        try:
            yield
        finally:
            self._running.pop(ticket, None)

    def _enter(self, ticket: object, size: int) -> bool:
        with self._lock:
            free, now = self._free(), self._clock()
            growing = sum(its for since, its in self._running.values() if now - since < _GROWN)
            if self._running and free is not None and free - growing < size + _RESERVE:
                return False
            self._running[ticket] = (now, size)
            return True
