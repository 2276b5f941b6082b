"""Work that goes on after its call was answered, and can be waited for."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

# Everything is computed in this process: more threads would only wait for each other.
_WORKERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="cloudformation")


class Background:
    """The operations that are under way."""

    def __init__(self) -> None:
        self._running: set[threading.Thread] = set()

    def start(self, work: Callable[[], None]) -> None:
        """Carry ``work`` out in a thread of its own."""
        self._running = {thread for thread in self._running if thread.is_alive()}
        thread = threading.Thread(target=work, name="cloudformation-operation", daemon=True)
        self._running.add(thread)
        thread.start()

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """A part of an operation, done as soon as a worker is free; it must not wait for others."""
        return _WORKERS.submit(work, *arguments)

    def settle(self) -> None:
        """Wait until nothing is under way, also nothing that was started meanwhile."""
        while running := [thread for thread in self._running if thread.is_alive()]:
            for thread in running:
                thread.join()
