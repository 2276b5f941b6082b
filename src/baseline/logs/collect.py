"""From a source into the lake: each object once, also when a run is killed or repeated.

An object is known by its key and tag. New ones of a day become one Parquet file, which is visible
from one transaction of the manifest on. An object that came again with another content replaces
its own rows; when the new content cannot be read, the rows of the former are kept.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate, takewhile

from baseline.errors import BaselineError
from baseline.logs import convert
from baseline.logs.batch import Batch, New
from baseline.logs.lake import Lake
from baseline.logs.layout import Folder, identity, is_text
from baseline.logs.manifest import Part
from baseline.logs.source import Source, Stored, tag_of
from baseline.logs.step import Step, run
from baseline.parallel import DEFAULT_WORKERS, all_done, each

# What one step holds in memory, compressed. Objects are unpacked one after the other.
BATCH_BYTES = 64 * 1024**2
# More files than this in one day slow every query down; then they become one.
MANY_PARTS = 8


@dataclass
class Collected:
    """What a run did. ``set_aside`` and ``unread`` are pairs of key and reason.

    ``unread`` will be tried again; ``set_aside`` only when the object changes. ``rows`` counts by
    table; ``duplicates`` are rows whose event another row of the same days has too.
    """

    objects: int = 0
    known: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    text_bytes: int = 0
    duplicates: int = 0
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    objects: int
    total: int
    rows: int
    text_bytes: int


def _silent(_: Progress) -> None:
    pass


def collect(
    source: Source,
    lake: Lake,
    folders: Sequence[Folder],
    report: Callable[[Progress], None] = _silent,
) -> Collected:
    """Bring what is new in ``folders`` into ``lake``.

    Raises an AwsError or LogFileError when the source cannot be listed or the lake not be written;
    what was finished before is kept.
    """
    done = Collected()
    with lake.locked():
        new = waiting = list(_new(source, lake, folders, done))
        while waiting:
            todo, waiting = _batches(lake, waiting)
            work = each(todo, lambda batch: run(source, lake, batch), workers=_cores())
            # Whatever ends this early, no step outlives the lock.
            with closing(all_done(work)) as steps:
                for outcome in steps:
                    _commit(lake, outcome.value, done)
                    rows = sum(done.rows.values())
                    report(Progress(done.objects, len(new), rows, done.text_bytes))
            waiting = list(_anew(lake, waiting))
        done.duplicates = _duplicates(lake, new)
    return done


def _new(source: Source, lake: Lake, folders: Sequence[Folder], done: Collected) -> Iterator[New]:
    """The objects whose content the lake has not got; the others are counted."""
    number = lake.manifest.next_id()
    # Where nothing keeps waiting threads only fight for the interpreter.
    workers = 1 if source.at_once == 1 else DEFAULT_WORKERS
    listed = each(folders, lambda folder: source.objects(folder.path), workers=workers)
    for outcome in all_done(listed):
        known = lake.manifest.known(outcome.target)
        for stored in outcome.value:
            if not is_text(stored.key):
                name = stored.key.encode(errors="backslashreplace").decode()
                done.set_aside.append((identity(name), "has a name that is not UTF-8"))
                continue
            former = known.get(identity(stored.key))
            if former and former.tag == _tag(source, stored):
                done.known += 1
                if former.reason:
                    done.set_aside.append((identity(stored.key), former.reason))
            elif not _hidden(stored):
                yield New(stored, outcome.target, number, former)
                number += 1


def _tag(source: Source, stored: Stored) -> str:
    """Empty when it cannot be read; reading it again, later, says why."""
    try:
        return stored.tag or tag_of(source.read(stored.key))
    except BaselineError:
        return ""


def _hidden(stored: Stored) -> bool:
    """Athena, too, passes over what begins with a dot or an underscore."""
    return stored.key.rpartition("/")[2].startswith(("_", "."))


def _batches(lake: Lake, new: Iterable[New]) -> tuple[list[Batch], list[New]]:
    """What can be done at once, and the objects that wait until it is done."""
    by_day: dict[tuple[str, str], list[New]] = defaultdict(list)
    for found in new:
        by_day[found.folder.table, found.folder.date].append(found)
    batches: list[Batch] = []
    waiting: list[New] = []
    for (table, date), of_day in sorted(by_day.items()):
        # Rows in the order account, region, time let a query skip most of a file.
        of_day.sort(key=lambda found: (found.folder, found.stored.key))
        now, later = _batches_of_day(lake.manifest.parts(table, date), table, date, of_day)
        batches += now
        waiting += later
    return batches, waiting


def _batches_of_day(
    parts: Sequence[Part], table: str, date: str, new: Sequence[New]
) -> tuple[list[Batch], list[New]]:
    """Each file is replaced by one batch, which has what changed in it.

    Of that, what passes the size of a batch waits until the new file is there.
    """
    changed = {found.former.part for found in new if found.former}
    replaced = [(part,) for part in parts if part.path in changed]
    groups = [tuple(parts)] if len(parts) >= MANY_PARTS else replaced
    there = {part.path for part in parts}
    fresh = [found for found in new if not (found.former and found.former.part in there)]
    batches: list[Batch] = []
    waiting: list[New] = []
    for absorbed in groups:
        paths = {part.path for part in absorbed}
        own = [found for found in new if found.former and found.former.part in paths]
        now = _fitting([*own, *fresh])
        waiting += own[len(now) :]
        fresh = fresh[max(0, len(now) - len(own)) :]
        batches.append(Batch(table, date, tuple(now), absorbed))
    while fresh:
        now = _fitting(fresh)
        fresh = fresh[len(now) :]
        batches.append(Batch(table, date, tuple(now)))
    return batches, waiting


def _fitting(objects: Sequence[New]) -> Sequence[New]:
    """The first of them that make a batch, at least one."""
    sizes = accumulate(found.stored.size for found in objects)
    number = sum(1 for _ in takewhile(lambda size: size <= BATCH_BYTES, sizes))
    return objects[: max(1, number)]


def _anew(lake: Lake, waiting: Iterable[New]) -> Iterator[New]:
    """The same objects, with the files that their former rows are in by now."""
    known = cache(lake.manifest.known)
    for new in waiting:
        yield replace(new, former=known(new.folder)[new.key])


def _commit(lake: Lake, step: Step, done: Collected) -> None:
    lake.manifest.commit(step.entries, step.part, (part.path for part in step.batch.absorbed))
    good = [entry for entry in step.entries if entry.reason is None]
    table = step.batch.table
    done.objects += len(good)
    done.rows[table] = done.rows.get(table, 0) + sum(entry.rows for entry in good)
    done.text_bytes += step.text_bytes
    done.set_aside += [(entry.key, entry.reason) for entry in step.entries if entry.reason]
    done.unread += step.unread


def _duplicates(lake: Lake, done: Iterable[New]) -> int:
    """As ``auditing.cloudtrail_distinct`` sees them: a copy of another day is another event."""
    days = sorted({new.folder.date for new in done if new.folder.table == "cloudtrail"})
    paths = [files for day in days if (files := lake.files("cloudtrail", [day]))]
    count = each(paths, lambda day: convert.duplicates(day, lake.staging), workers=_cores())
    return sum(outcome.value for outcome in all_done(count))


def _cores() -> int:
    return os.cpu_count() or 1
