"""One step of flow logs: objects become Arrow tables, and those one file.

DuckDB takes twice as long for it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from baseline.errors import LogFileError
from baseline.logs import columnar, delimited, objects, parts
from baseline.logs.batch import Absorbed, Contents, New, Result
from baseline.logs.parts import Writer

Read = Callable[[], Iterator[Any]]

# Bytes of tables; those of a larger object are not held, but made twice.
_HELD = 64 * 1024**2


def write(contents: Contents, absorbed: Sequence[Path], target: Path) -> Result:
    """Write ``target`` of all objects that are good.

    Raises OSError when the disk does not suffice, DamagedError when an older file is damaged.
    """
    result = Result()
    with target.open("wb") as file, Writer(file) as writer:
        for new, content in contents:
            _add(writer, new, content, target.with_suffix(".object"), result)
        for table in parts.kept(Absorbed(absorbed, result.replaced(contents))):
            writer.add(table)
    result.total = writer.rows
    return result


def _add(writer: Writer, new: New, content: bytes, scratch: Path, result: Result) -> None:
    """Write the rows of one object, all or none, and note what was found."""
    before = writer.rows
    try:
        with _opened(content, scratch) as (read, size):
            for table in _whole(read):
                writer.add(parts.tagged(table, new.tag))
    except LogFileError as error:
        result.bad[new.number] = error.what
    else:
        result.rows[new.number] = writer.rows - before
        result.text_bytes += size


@contextmanager
def _opened(content: bytes, scratch: Path) -> Iterator[tuple[Read, int]]:
    """What reads one object, as often as it is asked to, and the bytes of the object."""
    if content.startswith(columnar.MAGIC):
        with columnar.placed(content, scratch) as path:
            yield partial(columnar.tables, path), len(content)
    else:
        with objects.opened(partial(objects.unpack, content)) as text:
            yield partial(delimited.tables, text), len(text)


def _whole(read: Read) -> Iterable[Any]:
    """The tables of an object, once none of them raises LogFileError."""
    held, size = [], 0
    for table in read():
        size += table.nbytes
        if size <= _HELD:
            held.append(table)
    return held if size <= _HELD else read()
