"""One child process: apart from our terminal, with a time limit, its output in a file at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from baseline.audit import leash
from baseline.errors import ToolError
from baseline.files import private, writing

# How long between two looks at a child, which grows up to a limit, and how long a child may take
# to end when asked to; in seconds.
_FIRST_GLANCE = 0.05
_GLANCE = 0.5
_GRACE = 5.0
# How much of what a child wrote is looked at in one glance, in bytes.
_MOST = 1 << 20

# The C library keeps up to eight heaps for each core, so that threads need not wait for each other;
# the tools have many threads, which wait for AWS. Two heaps take a tenth less memory. Source:
# https://man7.org/linux/man-pages/man3/mallopt.3.html (M_ARENA_MAX)
SPARING = {"MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class Ended:
    """How a child ended. ``cut`` is "" or why we ended it; memory is its own peak, in bytes."""

    returncode: int
    cut: str
    seconds: float
    peak_memory: int


class Child(Protocol):
    """A program that leads a group of processes of its own."""

    @property
    def pid(self) -> int:
        """The process, and its group."""

    def reap(self) -> tuple[int, int] | None:
        """Its exit code and its own peak memory in bytes, once it has ended."""


Start = Callable[[Sequence[str], Path, Mapping[str, str], BinaryIO], Child]


class _Program(Child):
    """A child that was started as programs are."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._ended: tuple[int, int] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def reap(self) -> tuple[int, int] | None:
        if not self._ended:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._ended = (self._process.returncode, usage.ru_maxrss * 1024)
        return self._ended


def start(
    command: Sequence[str], directory: Path, environment: Mapping[str, str], output: BinaryIO
) -> Child:
    """Start ``command`` as the leader of a group of its own; raises ToolError."""
    try:
        process = subprocess.Popen(  # noqa: S603  # the command is ours
            [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command],
            cwd=directory,
            # Python keeps what it writes to a file back; a log is there to be read meanwhile.
            env={**SPARING, **environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    except OSError as error:
        raise ToolError(
            f"cannot be started: {error.strerror}",
            where=command[0],
            remedy="Remove its directory and run: baseline audit setup",
        ) from error
    return _Program(process)


def run(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    log: Path,
    limit: float,
    stop: threading.Event,
    watch: Callable[[str], None],
    start: Start = start,
) -> Ended:
    """Run ``command`` until it ends, ``limit`` seconds passed or ``stop`` is set.

    Nothing that it started in its own group outlives it, however this ends; should this program be
    killed, so is the child. What it writes goes
    straight to ``log``; ``watch`` is given each part of whole lines. Raises ToolError when it
    cannot be started.
    """
    started = time.monotonic()
    with (
        _new(log) as output,
        log.open("rb") as lines,
        _swept(child := start(command, directory, environment, output)),
    ):
        cut, glance = "", _FIRST_GLANCE
        while (ended := child.reap()) is None:
            cut = cut or _why_cut(stop, started, limit)
            if cut:
                ended = _end(child)
                break
            # Who writes faster than it is read must not keep us from the clock.
            watch(_whole_lines(lines))
            stop.wait(glance)
            glance = min(_GLANCE, 2 * glance)
        while text := _whole_lines(lines):
            watch(text)
    code, memory = ended
    return Ended(code, cut, time.monotonic() - started, memory)


def _new(log: Path) -> BinaryIO:
    with writing(log):
        return open(log, "wb", opener=private)


def _why_cut(stop: threading.Event, started: float, limit: float) -> str:
    if stop.is_set():
        return "interrupted"
    return "timeout" if time.monotonic() - started > limit else ""


def _end(child: Child) -> tuple[int, int]:
    """End ``child`` and all that it started: politely, then surely."""
    _signal(child, signal.SIGTERM)
    patience = time.monotonic() + _GRACE
    while (ended := child.reap()) is None:
        if time.monotonic() > patience:
            _signal(child, signal.SIGKILL)
        time.sleep(0.05)
    return ended


@contextmanager
def _swept(child: Child) -> Iterator[None]:
    """Leave nothing behind of ``child`` and its group."""
    try:
        yield
    finally:
        _signal(child, signal.SIGKILL)
        while child.reap() is None:
            time.sleep(_FIRST_GLANCE)


def _signal(child: Child, number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def _whole_lines(lines: BinaryIO) -> str:
    """The next whole lines, or a part of one that is longer than a glance."""
    start = lines.tell()
    text = lines.read(_MOST)
    end = text.rfind(b"\n") + 1
    if not end and len(text) == _MOST:
        end = len(text)
    lines.seek(start + end)
    return text[:end].decode("utf-8", "replace")
