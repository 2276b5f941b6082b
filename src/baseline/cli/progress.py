"""Progress on stderr: bars on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from baseline.cli.shared import talk

# Seconds after which somebody who waits wants to know.
_A_MOMENT = 2.0


@dataclass(frozen=True)
class Watch:
    """Two ways to say how it goes: ``step`` (what, done, of how many) and ``say`` (a sentence)."""

    step: Callable[[str, int, int], None]
    say: Callable[[str], None]


@contextmanager
def watching(*, show: bool) -> Iterator[Watch]:
    """A Watch that may be used from several threads; says nothing unless ``show``."""
    if not show:
        yield Watch(lambda _name, _done, _total: None, lambda _text: None)
    elif sys.stderr.isatty():
        with _bars() as watch:
            yield watch
    else:
        yield Watch(_Lines().step, talk)


@contextmanager
def patience(doing: str, *, show: bool) -> Iterator[None]:
    """Say every now and then that work goes on, once it takes longer than a moment."""
    over = threading.Event()
    started = time.monotonic()

    def speak() -> None:
        pause = _A_MOMENT
        while not over.wait(pause):
            talk(f"{doing}, {time.monotonic() - started:.0f} s …")
            pause *= 2

    thread = threading.Thread(target=speak, daemon=True)
    if show:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if show:
            thread.join()


@contextmanager
def _bars() -> Iterator[Watch]:
    from rich.console import Console  # noqa: PLC0415  # rich is slow to import
    from rich.progress import (  # noqa: PLC0415  # slow to import
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    tasks: dict[str, TaskID] = {}
    lock = threading.Lock()
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:

        def step(name: str, done: int, total: int) -> None:
            with lock:
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield Watch(step, lambda text: bars.console.print(text, markup=False, highlight=False))


class _Lines:
    """A line for each quarter of the way."""

    def __init__(self) -> None:
        self._said: dict[str, int] = {}
        self._lock = threading.Lock()

    def step(self, name: str, done: int, total: int) -> None:
        quarter = 4 * done // total if total else 0
        with self._lock:
            if self._said.get(name, 0) == quarter:
                return
            self._said[name] = quarter
        talk(f"{name}: {done} of {total}")
