"""One step of collecting: new objects of one day, read, checked and written as one file.

Nothing of a step is visible before the manifest names its file. An object that cannot be used is
set aside with its reason; the others of the batch go on.
"""

import errno
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from baseline.errors import BaselineError, LogFileError
from baseline.logs import convert, objects
from baseline.logs.columnar import MAGIC, Columnar
from baseline.logs.convert import Absorbed, Staged
from baseline.logs.lake import Lake
from baseline.logs.layout import Folder, identity, read_key
from baseline.logs.manifest import Entry, Known, Part
from baseline.logs.objects import Lines, Tag
from baseline.logs.source import Source, Stored

_LARGE = threading.Lock()


@dataclass(frozen=True)
class New:
    """An object to read. ``former`` is what the lake has of an earlier content of it."""

    stored: Stored
    folder: Folder
    number: int
    former: Known | None = None

    @property
    def key(self) -> str:
        """The key from ``AWSLogs/`` on."""
        return identity(self.stored.key)


@dataclass(frozen=True)
class Batch:
    """New objects of one day of one table that become one file, and the files it replaces."""

    table: str
    date: str
    new: tuple[New, ...]
    absorbed: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """Always the same for the same content, so that doing it again overwrites."""
        parts = [part.path for part in self.absorbed]
        content = sorted(f"{new.key} {new.stored.tag}" for new in self.new) + parts
        return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Step:
    """What came of one batch, ready to be committed. ``unread`` are pairs of key and reason."""

    batch: Batch
    entries: tuple[Entry, ...]
    part: Part | None
    unread: tuple[tuple[str, str], ...]
    text_bytes: int


@dataclass
class _Result:
    """Rows of the good objects and reasons of the bad, both by object number."""

    rows: dict[int, int] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    total: int = 0
    text_bytes: int = 0


_Contents = Sequence[tuple[New, bytes]]


def run(source: Source, lake: Lake, batch: Batch) -> Step:
    """Read, check and write one batch; raises LogFileError when the lake cannot be written."""
    contents, unread = _download(source, batch)
    scratch = lake.staging / batch.name
    target = scratch.with_suffix(".parquet")
    path = f"{batch.table}/date={batch.date}/part-{batch.name}.parquet"
    try:
        result = _convert(lake, batch, contents, target)
        part = None
        if result.total or batch.absorbed:
            part = Part(path, batch.table, batch.date, result.total, target.stat().st_size)
            lake.publish(target, path)
    except OSError as error:
        raise LogFileError(
            f"cannot be written: {error.strerror}",
            where=str(lake.path),
            remedy="What was collected is kept; make room and run it again.",
        ) from None
    entries = tuple(_entry(new, result, part) for new, _ in contents)
    return Step(batch, entries, part, tuple(unread), result.text_bytes)


def _download(
    source: Source, batch: Batch
) -> tuple[list[tuple[New, bytes]], list[tuple[str, str]]]:
    def read(new: New) -> bytes | BaselineError:
        try:
            return source.read(new.stored.key)
        except BaselineError as error:
            return error

    answers = list(zip(batch.new, _read_all(batch.new, read, source.at_once), strict=True))
    contents = [(new, got) for new, got in answers if isinstance(got, bytes)]
    unread = [(new.key, str(got)) for new, got in answers if isinstance(got, BaselineError)]
    return contents, unread


def _read_all(
    new: Sequence[New], read: Callable[[New], bytes | BaselineError], at_once: int
) -> list[bytes | BaselineError]:
    if at_once == 1:
        return list(map(read, new))
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(read, new))


def _convert(lake: Lake, batch: Batch, contents: _Contents, target: Path) -> _Result:
    """One file of all; when DuckDB refuses some objects, of all but those."""
    for closely in (False, True):
        with suppress(LogFileError):
            return _attempt(lake, batch, contents, target, closely=closely)
    bad = _misshapen(lake, replace(batch, absorbed=()), contents, target)
    good = [(new, content) for new, content in contents if new.number not in bad]
    try:
        result = _attempt(lake, batch, good, target, closely=True)
    except LogFileError as error:
        # Each of them alone is well.
        raise OSError(errno.ENOMEM, error.what) from None
    result.bad |= bad
    return result


def _misshapen(lake: Lake, batch: Batch, contents: _Contents, target: Path) -> dict[int, str]:
    """The objects that DuckDB refuses, found by halving."""
    try:
        return _attempt(lake, batch, contents, target, closely=True).bad
    except LogFileError as error:
        if len(contents) == 1:
            return {contents[0][0].number: error.what}
    half = len(contents) // 2
    return _misshapen(lake, batch, contents[:half], target) | _misshapen(
        lake, batch, contents[half:], target
    )


def _attempt(
    lake: Lake, batch: Batch, contents: _Contents, target: Path, *, closely: bool
) -> _Result:
    result = _Result()
    stage = _Stage(batch.table, target.with_suffix(".lines"), closely=closely)
    staged = _stage(stage, contents, result)
    try:
        replaced = (
            new.former.id for new, _ in contents if new.former and new.number in result.rows
        )
        paths = [str(lake.path / part.path) for part in batch.absorbed]
        if staged or paths:
            absorbed = Absorbed(paths, frozenset(replaced))
            result.total = convert.write(batch.table, staged, absorbed, target)
    finally:
        for found in staged:
            found.path.unlink()
    return result


def _stage(stage: "_Stage", contents: _Contents, result: _Result) -> list[Staged | Columnar]:
    """Write the good objects as files that DuckDB reads, and note what was found."""
    with stage:
        for new, content in contents:
            try:
                rows, size = stage.add(new, content)
            except LogFileError as error:
                result.bad[new.number] = error.what
                continue
            result.rows[new.number] = rows
            result.text_bytes += size
    return [*stage.columnar, *stage.files.values()]


class _Stage(AbstractContextManager["_Stage"]):
    """Files of lines, one for each header, and Parquet flow logs as they are.

    Only the file of the last header is open: there may be more headers than a process may open.
    """

    def __init__(self, table: str, base: Path, *, closely: bool) -> None:
        self._table = table
        self._base = base
        self._closely = closely
        self._open: tuple[str, BinaryIO] | None = None
        self.files: dict[str, Staged] = {}
        self.columnar: list[Columnar] = []

    def add(self, new: New, content: bytes) -> tuple[int, int]:
        """Rows and bytes of one object; raises LogFileError with what is wrong with it."""
        if self._table == "flowlogs" and content.startswith(MAGIC):
            return self._add_columnar(new, content)
        with self._opened(new, content) as lines:
            self._file(lines.header).writelines(lines.chunks)
        return lines.rows, lines.size

    def _add_columnar(self, new: New, content: bytes) -> tuple[int, int]:
        path = self._base.with_name(f"{self._base.stem}-{new.number}.parquet")
        path.write_bytes(content)
        try:
            found = convert.look(path, _tag(new))
        except LogFileError:
            path.unlink()
            raise
        self.columnar.append(found)
        return found.rows, len(content)

    @contextmanager
    def _opened(self, new: New, content: bytes) -> Iterator[Lines]:
        """The lines of one object; of all threads only one has a large object open."""
        lines = None
        # What was unpacked of a large one goes with its error, before it is unpacked again.
        with suppress(objects.TooLargeError):
            lines = self._read(new, content, objects.ORDINARY)
        if lines:
            yield lines
            return
        with _LARGE:
            yield self._read(new, content, objects.LARGEST)

    def _read(self, new: New, content: bytes, limit: int) -> Lines:
        key = read_key(new.stored.key)
        if not key or not key.is_log:
            raise LogFileError("is not named like a log object")
        read = objects.cloudtrail if self._table == "cloudtrail" else objects.flowlog
        return read(content, _tag(new), limit, closely=self._closely)

    def _file(self, header: str) -> BinaryIO:
        if self._open and self._open[0] == header:
            return self._open[1]
        self.close()
        if header in self.files:
            file = self.files[header].path.open("ab")
        else:
            path = self._base.with_suffix(f".{len(self.files)}.lines")
            self.files[header], file = Staged(path, header), path.open("wb")
        self._open = header, file
        return file

    def close(self) -> None:
        """Let go of the file that is open."""
        if self._open:
            self._open[1].close()
            self._open = None

    def __exit__(self, *_: object) -> None:
        self.close()


def _tag(new: New) -> Tag:
    return Tag(new.folder.account, new.folder.region, new.number)


def _entry(new: New, result: _Result, part: Part | None) -> Entry:
    known = Entry(new.number, new.key, new.stored.tag, new.stored.size, new.folder)
    rows = result.rows.get(new.number)
    if rows is not None and new.number not in result.bad:
        return replace(known, rows=rows, part=part.path if part and rows else None)
    reason = result.bad[new.number]
    if new.former and new.former.part:
        reason += " (the rows of its former content are kept)"
        known = replace(known, id=new.former.id, rows=new.former.rows, part=new.former.part)
    return replace(known, reason=reason)
