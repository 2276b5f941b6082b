"""The lake: Parquet files ``TABLE/date=YYYY-MM-DD/part-….parquet`` in a directory, and a manifest.

Logs hold what an attacker wants to know: files are 0600, directories 0700.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from baseline.errors import LogFileError, UsageError
from baseline.files import folder
from baseline.logs.layout import TABLES, is_text
from baseline.logs.manifest import Manifest

MANIFEST = "manifest.sqlite"
STAGING = ".staging"
SPILL = ".spill"
_A_DAY = 24 * 3600
# As ``Batch.name`` is: other files are not ours to remove.
_PART = "[0-9a-f]" * 16


class DamagedError(LogFileError):
    """A file of the lake is not there, or not what was written."""

    def __init__(self, file: Path | str) -> None:
        super().__init__(
            "is damaged or missing, and with it a part of the lake",
            where=str(file),
            remedy="Remove the lake and collect again.",
        )


class Lake:
    """A lake that is there. ``path`` is absolute."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        _check_path(self.path)
        if not (self.path / MANIFEST).is_file():
            raise UsageError(
                "there is no lake here", where=str(path), remedy="Fill one: baseline logs collect"
            )
        self.manifest = Manifest(self.path / MANIFEST)

    @classmethod
    def create(cls, path: Path) -> "Lake":
        """The lake at ``path``, made if it is not there; raises UsageError when it cannot be."""
        _check_path(path.resolve())
        for name in (STAGING, SPILL):
            if (path / name).is_symlink():
                raise UsageError("is a link, and would be emptied", where=str(path / name))
        try:
            folder(path)
            (path / STAGING).mkdir(mode=0o700, exist_ok=True)
            (path / MANIFEST).touch(mode=0o600)
        except OSError as error:
            raise UsageError(
                f"no lake can be made here: {error.strerror}",
                where=str(path),
                remedy="Give another --lake.",
            ) from None
        return cls(path)

    @property
    def staging(self) -> Path:
        """Where files are before they are finished."""
        return self.path / STAGING

    def spill(self) -> Path | None:
        """Where a query may put what it cannot hold in memory; None when nothing can be written."""
        try:
            (self.path / SPILL).mkdir(mode=0o700, exist_ok=True)
        except OSError:
            return None
        return self.path / SPILL if os.access(self.path / SPILL, os.W_OK) else None

    def files(self, table: str, dates: Iterable[str] | None = None) -> list[str]:
        """The absolute paths of a table's Parquet files, or of those of some ``dates``."""
        return [f"{self.path}/{path}" for path in self.manifest.paths(table, dates)]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Write alone: a second writer gets a LogFileError at once."""
        descriptor = self._lock()
        try:
            self._swept()
            yield
        finally:
            # What cannot be removed now is swept away by the next run.
            with suppress(OSError):
                self._clear_staging()
            os.close(descriptor)

    def publish(self, finished: Path, relative: str) -> None:
        """Move a finished file to its place, so that it survives a crash once it is there."""
        target = self.path / relative
        for made in (target.parent.parent, target.parent):
            with suppress(FileExistsError):
                made.mkdir(mode=0o700)
                _flush(made.parent)
        finished.chmod(0o600)
        _flush(finished)
        finished.replace(target)
        _flush(target.parent)

    def _lock(self) -> int:
        try:
            descriptor = os.open(self.path / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise LogFileError(
                f"cannot be written: {error.strerror}", where=str(self.path)
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LogFileError(
                "another run is collecting into this lake",
                where=str(self.path),
                remedy="Wait for it to end.",
            ) from None
        return descriptor

    def _swept(self) -> None:
        try:
            self._sweep()
        except OSError as error:
            raise LogFileError(
                f"what an earlier run left there cannot be removed: {error.strerror}",
                where=str(error.filename or self.path),
                remedy="Remove it by hand.",
            ) from None

    def _sweep(self) -> None:
        """Remove what a killed run left, and files that were replaced in an earlier run."""
        self._clear_staging()
        for left in self._left_by_queries():
            shutil.rmtree(left, ignore_errors=True)
        for table in TABLES:
            named = set(self.files(table))
            for file in (self.path / table).glob(f"date=*/part-{_PART}.parquet"):
                if str(file) not in named:
                    file.unlink()

    def _clear_staging(self) -> None:
        for leftover in self.staging.iterdir():
            _remove(leftover)

    def _left_by_queries(self) -> list[Path]:
        """What killed queries left behind: one that runs may still be at work with its own."""
        before = time.time() - _A_DAY
        return [left for left in (self.path / SPILL).glob("*") if left.stat().st_mtime < before]


def _check_path(path: Path) -> None:
    if not is_text(str(path)):
        raise UsageError(
            "a lake's path must be UTF-8: DuckDB takes no other",
            where=str(path),
            remedy="Give another --lake.",
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
