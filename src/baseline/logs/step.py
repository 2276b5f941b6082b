"""One step of collecting: the objects of a batch, read, checked and written as one file.

Nothing of a step is visible before the manifest names its file. An object that cannot be used is
set aside with its reason; the others of the batch go on.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from baseline.errors import BaselineError, LogFileError
from baseline.logs import convert, events
from baseline.logs.batch import Batch, Contents, New, Result
from baseline.logs.lake import Lake
from baseline.logs.manifest import Entry, Part
from baseline.logs.objects import TURN
from baseline.logs.source import Source


@dataclass(frozen=True)
class Step:
    """What came of one batch, ready to be committed. ``unread`` are pairs of key and reason."""

    batch: Batch
    entries: tuple[Entry, ...]
    part: Part | None
    unread: tuple[tuple[str, str], ...]
    text_bytes: int


def run(source: Source, lake: Lake, batch: Batch) -> Step:
    """Read, check and write one batch; raises LogFileError when the lake cannot be written."""
    answers = _download(source, batch.new)
    batch = replace(batch, new=tuple(new for new, _ in answers))
    contents = [(new, got) for new, got in answers if isinstance(got, bytes)]
    unread = tuple(
        # The key need not be said twice.
        (new.key, got.what if got.where == new.stored.key else str(got))
        for new, got in answers
        if isinstance(got, BaselineError)
    )
    target = lake.staging / f"{batch.name}.parquet"
    path = f"{batch.table}/date={batch.date}/part-{batch.name}.parquet"
    try:
        result = _write(lake, batch, contents, target)
        part = None
        if result.total or batch.absorbed:
            part = Part(path, batch.table, batch.date, result.total, target.stat().st_size)
            lake.publish(target, path)
        target.unlink(missing_ok=True)
    except OSError as error:
        convert.check((lake.path / part.path for part in batch.absorbed), lake.staging)
        raise LogFileError(
            f"cannot be written: {error.strerror}",
            where=str(lake.path),
            remedy="What was collected is kept; make room and run it again.",
        ) from None
    entries = tuple(_entry(new, result, part) for new, _ in contents)
    return Step(batch, entries, part, unread, result.text_bytes)


def _download(source: Source, objects: Sequence[New]) -> list[tuple[New, bytes | BaselineError]]:
    """Each with its content, of which a tag is made where it has none, or why there is none."""

    def read(new: New) -> tuple[New, bytes | BaselineError]:
        try:
            content = source.read(new.stored.key)
        except BaselineError as error:
            return new, error
        return new.tagged(content), content

    if source.at_once == 1:
        with TURN:
            return list(map(read, objects))
    with ThreadPoolExecutor(source.at_once) as pool:
        return list(pool.map(read, objects))


def _write(lake: Lake, batch: Batch, contents: Contents, target: Path) -> Result:
    absorbed = [lake.path / part.path for part in batch.absorbed]
    logs = [(new, content) for new, content in contents if new.is_log]
    result = _writer(batch.table)(logs, absorbed, target)
    result.bad |= {n.number: "is not named like a log object" for n, _ in contents if not n.is_log}
    return result


def _writer(table: str) -> Callable[[Contents, Sequence[Path], Path], Result]:
    if table == "cloudtrail":
        return events.write
    from baseline.logs import flows  # noqa: PLC0415  # pyarrow is slow to import

    return flows.write


def _entry(new: New, result: Result, part: Part | None) -> Entry:
    known = Entry(new.number, new.key, new.stored.tag, new.stored.size, new.folder)
    rows = result.rows.get(new.number)
    if rows is not None and new.number not in result.bad:
        return replace(known, rows=rows, part=part.path if part and rows else None)
    reason = result.bad[new.number]
    if new.former and new.former.part:
        reason += " (the rows of its former content are kept)"
        known = replace(known, id=new.former.id, rows=new.former.rows, part=new.former.part)
    return replace(known, reason=reason)
