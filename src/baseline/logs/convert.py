"""Staged lines to one Parquet file, with DuckDB; always with all columns of the table."""

import errno
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from baseline.errors import LogFileError
from baseline.logs import columnar, schema
from baseline.logs.columnar import Columnar
from baseline.logs.objects import Tag
from baseline.logs.schema import OBJECT, Column

_TAGS = (Column("_account"), Column("_region"), OBJECT)
# Fifteen times what CloudTrail allows an event; DuckDB holds twice as much for every file it reads.
_LARGEST_RECORD = 4 * 1024**2
_MEMORY = "1GB"
# A query skips whole groups, and writing one holds it: events are ten times a flow record's size.
_ROW_GROUP = {"cloudtrail": 32_768, "flowlogs": 122_880}
# A statement grows with every shape of record in it: more than this are several statements.
_SHAPES = 32
# Of a disk that is full DuckDB says this, too, that its memory does not suffice.
_NO_ROOM = "offload"
# Making a database costs as much as converting a few megabytes; each thread keeps its own.
_OWN = threading.local()
_PLACE = re.compile(r"^.*?(?:in line \d+|line: \d+)[:.]?\s*", re.DOTALL)


@dataclass(frozen=True)
class Staged:
    """A file of tagged lines of one table; ``header`` names the fields of flow logs, in order."""

    path: Path
    header: str = ""


@dataclass(frozen=True)
class Absorbed:
    """Parquet files that the new one replaces, and the objects in them whose rows are dropped."""

    paths: Sequence[str] = ()
    without: frozenset[int] = frozenset()


def write(table: str, staged: Sequence[Staged | Columnar], absorbed: Absorbed, target: Path) -> int:
    """Write ``target`` and return its number of rows.

    Raises LogFileError when a record has not the shape of the table, or takes too much memory;
    OSError when the disk does not suffice.
    """
    *more, last = _by_shapes(staged) or [[]]
    pieces = [target.with_suffix(f".{number}.piece") for number in range(len(more))]
    try:
        for piece, some in zip(pieces, more, strict=True):
            _write(table, some, Absorbed(), piece)
        paths = [*map(str, pieces), *absorbed.paths]
        return _write(table, last, Absorbed(paths, absorbed.without), target)
    finally:
        for piece in pieces:
            piece.unlink(missing_ok=True)


def _by_shapes(staged: Sequence[Staged | Columnar]) -> list[list[Staged | Columnar]]:
    """What has the same shape together, and of many shapes so many at a time."""
    alike: dict[object, list[Staged | Columnar]] = defaultdict(list)
    for file in staged:
        alike[file.header if isinstance(file, Staged) else file.columns].append(file)
    shapes = list(alike.values())
    return [
        list(chain.from_iterable(shapes[start : start + _SHAPES]))
        for start in range(0, len(shapes), _SHAPES)
    ]


def _write(
    table: str, staged: Sequence[Staged | Columnar], absorbed: Absorbed, target: Path
) -> int:
    import duckdb  # noqa: PLC0415  # slow to import

    inputs = [_parts(absorbed)] if absorbed.paths else []
    inputs += [_lines(table, lines) for lines in staged if isinstance(lines, Staged)]
    inputs += columnar.selects([file for file in staged if isinstance(file, Columnar)])
    try:
        rows = _connection(target.parent).execute(_copy(table, inputs, target)).fetchone()
    except duckdb.OutOfMemoryException as error:
        if _NO_ROOM in str(error):
            raise _scarce(error) from None
        raise LogFileError(f"takes more than {_MEMORY} of memory to convert") from None
    except duckdb.OperationalError as error:
        # No object is to blame for a full disk.
        raise _scarce(error) from None
    except duckdb.Error as error:
        raise LogFileError(_reason(error)) from None
    return int(rows[0])


def _scarce(error: Exception) -> OSError:
    return OSError(errno.EIO, str(error).split("\n")[0])


def _copy(table: str, inputs: Sequence[str], target: Path) -> str:
    options = f"COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP[table]}"
    rows = " UNION ALL BY NAME ".join(inputs)
    return f"COPY ({rows}) TO {text(str(target))} (FORMAT parquet, {options})"


def look(path: Path, tag: Tag) -> Columnar:
    """What a Parquet flow log holds; raises LogFileError when it is none."""
    return columnar.look(_connection(path.parent), path, tag)


def duplicates(paths: Sequence[str], spill: Path) -> int:
    """How many rows of the CloudTrail files of a day repeat an event of the same place.

    What does not fit into memory is put into the directory ``spill`` meanwhile.
    """
    copies = (
        "SELECT count(*) AS number FROM read_parquet($1) WHERE eventid NOTNULL"
        " GROUP BY account, region, eventid"
    )
    query = f"SELECT coalesce(sum(number - 1), 0) FROM ({copies})"
    found = _connection(spill).execute(query, [list(paths)]).fetchone()
    return int(found[0])


def text(value: str) -> str:
    """``value`` as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def definition(columns: Iterable[Column]) -> str:
    """The columns as CREATE TABLE takes them."""
    return ", ".join(column.definition for column in columns)


def _connection(spill: Path) -> Any:
    """This thread's database; what it cannot hold in memory goes to the directory ``spill``."""
    import duckdb  # noqa: PLC0415  # slow to import

    if getattr(_OWN, "spill", None) != spill:
        settings = {
            "threads": "1",
            "memory_limit": _MEMORY,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        _OWN.connection, _OWN.spill = duckdb.connect(config=settings), spill
    return _OWN.connection


def _parts(absorbed: Absorbed) -> str:
    paths = ", ".join(map(text, absorbed.paths))
    # Zero is no object's number: the list is never empty.
    numbers = ", ".join(str(number) for number in sorted(absorbed.without | {0}))
    return (
        f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"
        f' WHERE "_object" NOT IN ({numbers})'
    )


def _lines(table: str, staged: Staged) -> str:
    read = _json(table, staged) if table == "cloudtrail" else _csv(table, staged)
    tags = '"_account" AS account, "_region" AS region, "_object"'
    return f"SELECT {_selected(table, staged)}, {tags} FROM {read}"


def _selected(table: str, staged: Staged) -> str:
    there, record = set(staged.header.split()), "event." if table == "cloudtrail" else ""
    return schema.complete(
        table,
        {
            column.name: f'{record}"{column.field}"'
            for column in schema.LOGS[table]
            if not there or column.field in there
        },
    )


def _json(table: str, staged: Staged) -> str:
    fields = ", ".join(f'"{column.field}" {column.type}' for column in schema.LOGS[table])
    columns = _struct((*_TAGS, Column("event", f"STRUCT({fields})")))
    # Without records = true DuckDB 2.0 sniffs each file although its columns are given.
    return (
        f"read_json({text(str(staged.path))}, format = 'newline_delimited', records = true,"
        f" auto_detect = false, maximum_object_size = {_LARGEST_RECORD}, columns = {columns})"
        # Of all that is no object DuckDB takes null alone for one.
        " WHERE CASE WHEN event IS NULL THEN error('an event is null') ELSE true END"
    )


def _csv(table: str, staged: Staged) -> str:
    types = {column.field: column for column in schema.LOGS[table]}
    # The field region would hide the region of the path.
    fields = tuple(types.get(field, Column(f"other {field}")) for field in staged.header.split())
    return (
        f"read_csv({text(str(staged.path))}, delim = ' ', header = false, nullstr = '-',"
        f" quote = '', escape = '', auto_detect = false, columns = {_struct((*_TAGS, *fields))})"
    )


def _struct(columns: Iterable[Column]) -> str:
    pairs = (f"{text(column.field)}: {text(column.type)}" for column in columns)
    return "{" + ", ".join(pairs) + "}"


def _reason(error: Exception) -> str:
    first = str(error).split("\nTry setting")[0]
    shape = _PLACE.sub("", first)
    return f"holds a record of another shape: {' '.join(shape.split())[:200]}"
