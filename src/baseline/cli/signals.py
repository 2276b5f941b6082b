"""Signals that end what Python waits for: its own handlers run only once that has come back."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call ``end`` from another thread as soon as SIGINT or SIGTERM comes."""
    hears, told = socket.socketpair()
    told.setblocking(False)

    def listen() -> None:
        # Empty once the other end is closed.
        while number := hears.recv(1):
            if number[0] in (signal.SIGINT, signal.SIGTERM):
                end()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        thread.join()
        hears.close()
