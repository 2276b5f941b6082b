"""The one writer of a run's manifest, and of its journal as long as the run goes on."""

import fcntl
import itertools
import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from baseline.audit.manifest import JOURNAL, RUNS, Entry, Job, Run, now
from baseline.errors import ToolError, UsageError
from baseline.files import folder, private, write, writing


class Ledger:
    """The run as it is now, safe to change from many threads, and after a SIGKILL still true.

    A change costs one line of the journal, however large the run is. Where there is no room for it
    the line waits for the next one; only at the end is it an error. Nobody else can go on with the
    run as long as it is open here.
    """

    def __init__(self, run: Run, reports: Path, journal: int) -> None:
        self.reports = reports
        self._run = run
        self._entries = {entry.key: entry for entry in run.entries}
        self._journal = journal
        self._waiting = b""
        self._lock = threading.Lock()
        self._write()
        os.truncate(journal, 0)

    @classmethod
    def begin(cls, run: Run, reports: Path) -> "Ledger":
        """A new run, under a stamp of its own; raises ToolError when it cannot be written."""
        _private_directory(reports / RUNS)
        stamp, numbers = run.stamp, itertools.count(2)
        while (journal := _claimed(reports / RUNS / stamp)) is None:
            stamp = f"{run.stamp}-{next(numbers)}"
        return cls(replace(run, stamp=stamp), reports, journal)

    @classmethod
    def resume(cls, run: Run, reports: Path) -> "Ledger":
        """``run`` again; raises UsageError when it still goes on."""
        return cls(run, reports, _taken_up(_place(reports / RUNS / run.stamp), run.stamp))

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return replace(self._run, entries=tuple(self._entries.values()))

    def entry(self, key: tuple[str, str]) -> Entry:
        """The entry of this account and tool, as it is now."""
        return self._entries[key]

    def put(self, entry: Entry) -> None:
        """Replace the entry of the same account and tool."""
        with self._lock:
            self._entries[entry.key] = entry
            self._waiting += msgspec.json.encode(entry) + b"\n"
            self._append()

    def note(self, job: Job) -> None:
        """Remember ``job``, or how it stands now; raises ToolError when it cannot be written."""
        with self._lock:
            others = tuple(known for known in self._run.jobs if known.number != job.number)
            self._run = replace(self._run, jobs=(*others, job))
            self._write()
            os.truncate(self._journal, 0)

    def close(self) -> Run:
        """Note that the run is over; raises ToolError when that cannot be written."""
        with self._lock:
            self._run = replace(self._run, ended=now())
            try:
                self._write()
                _place(self._manifest.with_suffix("")).unlink()
            finally:
                os.close(self._journal)
        return self.run

    @property
    def _manifest(self) -> Path:
        return self.reports / RUNS / f"{self._run.stamp}.json"

    def _write(self) -> None:
        write(self._manifest, msgspec.json.format(msgspec.json.encode(self.run), indent=2))

    def _append(self) -> None:
        """Write what waits, whole or not at all."""
        before = os.fstat(self._journal).st_size
        try:
            written = os.write(self._journal, self._waiting)
        except OSError:
            written = 0
        if written < len(self._waiting):
            os.truncate(self._journal, before)
        else:
            self._waiting = b""


def _place(run: Path) -> Path:
    """The journal of a run, whose stamp may hold no dot."""
    return run.with_name(run.name + JOURNAL)


def _claimed(run: Path) -> int | None:
    """The new journal of ``run``, locked; None when the name is taken."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
    with writing(_place(run)):
        try:
            journal = private(str(_place(run)), flags)
        except FileExistsError:
            return None
    fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if run.with_name(f"{run.name}.json").exists():
        _place(run).unlink()
        os.close(journal)
        return None
    return journal


def _taken_up(place: Path, stamp: str) -> int:
    """The journal at ``place``, locked; a run that ended meanwhile took its own away."""
    with writing(place):
        journal = private(str(place), os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(journal)
        raise UsageError(
            f"run {stamp} still goes on",
            where=str(place),
            remedy="Wait until it ends, or end it with Ctrl-C where it runs.",
        ) from None
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(journal), place.stat()):
            return journal
    os.close(journal)
    return _taken_up(place, stamp)


def _private_directory(place: Path) -> None:
    """Reports hold whatever the tools saw: user data, variables of functions, policies."""
    try:
        folder(place)
    except OSError as error:
        raise ToolError(
            f"cannot be made: {error.strerror}",
            where=str(place.parent),
            remedy="Give another directory with --reports.",
        ) from error
