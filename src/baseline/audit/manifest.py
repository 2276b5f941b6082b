"""What an audit run did, as a file that is always whole: ``reports/runs/<stamp>.json``."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import msgspec

from baseline.errors import ToolError, UsageError

RUNS = "runs"


class Status(StrEnum):
    """How far one tool came in one account."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_LOOKED = "not looked"


@dataclass(frozen=True)
class Entry:
    """One tool in one account. Paths are relative to the reports directory.

    ``counts`` are findings by status, ``severities`` those with status FAIL by severity, ``errors``
    how often something was not seen, by kind. ``again`` says that another try may bring more.
    """

    account_id: str
    account_name: str
    tool: str
    version: str
    status: Status = Status.WAITING
    reason: str = ""
    remedy: str = ""
    again: bool = False
    command: tuple[str, ...] = ()
    returncode: int | None = None
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    peak_memory_mb: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    severities: dict[str, int] = field(default_factory=dict)
    directory: str = ""
    log: str = ""
    page: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others of a run."""
        return self.account_id, self.tool

    @property
    def settled(self) -> bool:
        """Whether a resumed run leaves it as it is."""
        return self.usable and not self.again

    @property
    def usable(self) -> bool:
        """Whether there are results of it."""
        return self.status in (Status.COMPLETE, Status.PARTIAL)

    def anew(self) -> "Entry":
        """The same scan with nothing done yet."""
        return Entry(self.account_id, self.account_name, self.tool, self.version)


@dataclass(frozen=True)
class LeftOut:
    """An account that the run did not mean to look at, and why."""

    account_id: str
    account_name: str
    reason: str


@dataclass(frozen=True)
class Run:
    """An audit run. Times are UTC, ISO 8601; empty regions or services mean all of them."""

    stamp: str
    started: str
    role: str
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ended: str = ""
    left_out: tuple[LeftOut, ...] = ()
    entries: tuple[Entry, ...] = ()
    schema: int = 1

    @property
    def account_ids(self) -> frozenset[str]:
        """The accounts that it looks at."""
        return frozenset(entry.account_id for entry in self.entries)


class Ledger:
    """The run as it is now, safe to change from many threads, written at each change."""

    def __init__(self, run: Run, reports: Path) -> None:
        self.reports = reports
        self._run = run
        self._lock = threading.Lock()
        _private_directory(reports)
        self._write()

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return self._run

    def put(self, entry: Entry) -> None:
        """Replace the entry of the same account and tool."""
        with self._lock:
            entries = tuple(entry if e.key == entry.key else e for e in self._run.entries)
            self._run = replace(self._run, entries=entries)
            self._write()

    def close(self) -> Run:
        """Note that the run is over."""
        with self._lock:
            self._run = replace(self._run, ended=now())
            self._write()
        return self._run

    def _write(self) -> None:
        file = self.reports / RUNS / f"{self._run.stamp}.json"
        write(file, msgspec.json.format(msgspec.json.encode(self._run), indent=2))


def now() -> str:
    """The time, to the second, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp() -> str:
    """The time as part of a file name."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


@contextmanager
def whole(file: Path) -> Iterator[TextIO]:
    """Write ``file`` whole or not at all, readable by its owner alone; raises ToolError."""
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(part, "w", encoding="utf-8", newline="", opener=private) as out:
            yield out
        part.replace(file)
    except OSError as error:
        raise ToolError(
            f"cannot be written: {error.strerror}",
            where=str(file),
            remedy="Make room or give another directory with --reports.",
        ) from error
    finally:
        with suppress(OSError):  # a place that takes no file has none to clear away
            part.unlink()


def private(path: str, flags: int) -> int:
    """Open as ``open`` does, for the owner alone."""
    return os.open(path, flags, 0o600)


def write(file: Path, content: bytes) -> None:
    """Put the UTF-8 ``content`` into ``file``, as ``whole`` does."""
    with whole(file) as out:
        out.write(content.decode())


def _private_directory(reports: Path) -> None:
    """Reports hold whatever the tools saw: user data, variables of functions, policies."""
    try:
        reports.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ToolError(
            f"cannot be made: {error.strerror}",
            where=str(reports),
            remedy="Give another directory with --reports.",
        ) from error


def runs(reports: Path) -> list[Run]:
    """All runs in ``reports``, the oldest first; raises ToolError for one that is not whole."""
    return [_read(file) for file in sorted((reports / RUNS).glob("*.json"))]


def latest(reports: Path, wanted: str | None = None) -> Run:
    """The run with the stamp ``wanted``, or the latest; raises UsageError when it is not there."""
    files = sorted(f for f in (reports / RUNS).glob("*.json") if wanted in (None, f.stem))
    if not files:
        raise UsageError(
            f"no audit run {wanted or ''} is there",
            where=str(reports),
            remedy="See: baseline audit list",
        )
    return _read(files[-1])


def _read(file: Path) -> Run:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Run)
    except (OSError, msgspec.DecodeError) as error:
        raise ToolError(
            f"not a manifest of an audit run: {error}",
            where=str(file),
            remedy="Move the file away; its reports stay.",
        ) from error
