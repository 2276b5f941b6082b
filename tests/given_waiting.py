"""Waiting for what happens elsewhere, however busy the machine is."""

import time
from collections.abc import Callable
from pathlib import Path


def until(done: Callable[[], object], *, seconds: float) -> None:
    """Wait for ``done``; fails after so many ``seconds``."""
    patience = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < patience
        time.sleep(0.05)


def ended(pid: int) -> bool:
    """Whether a process has; what was killed may wait for a parent that never asks."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
