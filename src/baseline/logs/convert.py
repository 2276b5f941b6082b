"""Lines of CloudTrail to one Parquet file, with DuckDB; always with all columns of the table."""

import errno
import re
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from baseline.errors import LogFileError
from baseline.logs import objects, schema
from baseline.logs.batch import Absorbed
from baseline.logs.lake import DamagedError
from baseline.logs.schema import OBJECT, Column

# Of one statement, in DuckDB's words.
MEMORY = "1GB"
_TAGS = (Column("_account"), Column("_region"), OBJECT)
# With what is around a record. DuckDB holds twice as much for every file it reads.
_LARGEST_LINE = objects.LARGEST_RECORD + 1024
# A query skips whole groups, and writing one holds it: events are ten times a flow record's size.
_ROW_GROUP = 20_480
# Of a disk that is full DuckDB says this, too, that its memory does not suffice.
_NO_ROOM = "offload"
# Making a database costs as much as converting a few megabytes; each thread keeps its own.
_OWN = threading.local()
# Rows that repeat an event of the same place. Where all hashes differ so do the events, and to see
# that takes half of the time.
_REPEATED_HASHES = (
    "SELECT count(*) - count(DISTINCT hash(account, region, eventid)) FROM read_parquet($1)"
    " WHERE eventid NOTNULL"
)
_REPEATED = (
    "SELECT coalesce(sum(number - 1), 0) FROM (SELECT count(*) AS number FROM read_parquet($1)"
    " WHERE eventid NOTNULL GROUP BY account, region, eventid)"
)
_PLACE = re.compile(r"^.*?(?:in line \d+|line: \d+)[:.]?\s*", re.DOTALL)


def write(lines: Path, absorbed: Absorbed, target: Path) -> int:
    """Write ``target`` and return its number of rows.

    Raises LogFileError when a record has not the shape of the table, or takes too much memory;
    OSError when the disk does not suffice.
    """
    import duckdb  # noqa: PLC0415  # slow to import

    try:
        rows = database(target.parent).execute(_copy(lines, absorbed, target)).fetchone()
    except duckdb.OutOfMemoryException as error:
        if _NO_ROOM in str(error):
            raise _scarce(error) from None
        raise LogFileError(reason(error)) from None
    except duckdb.OperationalError as error:
        # No object is to blame for a full disk.
        raise _scarce(error) from None
    except duckdb.Error as error:
        raise LogFileError(reason(error)) from None
    return int(rows[0])


def _scarce(error: Exception) -> OSError:
    return OSError(errno.EIO, str(error).split("\n")[0])


def _copy(lines: Path, absorbed: Absorbed, target: Path) -> str:
    options = f"COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP}"
    inputs = [_parts(absorbed)] if absorbed.paths else []
    rows = " UNION ALL BY NAME ".join([*inputs, _lines(lines)])
    return f"COPY ({rows}) TO {text(str(target))} (FORMAT parquet, {options})"


def duplicates(paths: Sequence[str], spill: Path) -> int:
    """How many rows of the CloudTrail files of a day repeat an event of the same place.

    What does not fit into memory is put into the directory ``spill`` meanwhile. Raises
    DamagedError, or LogFileError when neither memory nor disk suffice.
    """
    import duckdb  # noqa: PLC0415  # slow to import

    try:
        for query in (_REPEATED_HASHES, _REPEATED):
            found = database(spill).execute(query, [list(paths)]).fetchone()
            if not found[0]:
                break
    except duckdb.Error as error:
        check(paths, spill)
        raise LogFileError(
            f"the events that came twice cannot be counted: {_scarce(error).strerror}",
            where=str(spill),
            remedy="All of them are in the lake.",
        ) from None
    return int(found[0])


def check(paths: Iterable[Path | str], spill: Path) -> None:
    """Read files of the lake from end to end; raises DamagedError."""
    import duckdb  # noqa: PLC0415  # slow to import

    for path in paths:
        query = "SELECT max(hash(part)) FROM read_parquet($1) AS part"
        try:
            database(spill).execute(query, [str(path)]).fetchone()
        except duckdb.OutOfMemoryException:
            continue
        except duckdb.Error:
            raise DamagedError(path) from None


def text(value: str) -> str:
    """``value`` as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def definition(columns: Iterable[Column]) -> str:
    """The columns as CREATE TABLE takes them."""
    return ", ".join(column.definition for column in columns)


def database(spill: Path) -> Any:
    """This thread's database; what it cannot hold in memory goes to the directory ``spill``."""
    import duckdb  # noqa: PLC0415  # slow to import

    if getattr(_OWN, "spill", None) != spill:
        settings = {
            "threads": "1",
            "memory_limit": MEMORY,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        _OWN.connection, _OWN.spill = duckdb.connect(config=settings), spill
    return _OWN.connection


def forget() -> None:
    """Let this thread's next statement have a database of its own."""
    vars(_OWN).clear()


def reason(error: Exception) -> str:
    """What is wrong with a record that DuckDB refuses."""
    if str(error).startswith("Out of Memory"):
        return f"takes more than {MEMORY} of memory to convert"
    first = str(error).split("\nTry setting")[0]
    shape = _PLACE.sub("", first)
    return f"holds a record of another shape: {' '.join(shape.split())[:200]}"


def _parts(absorbed: Absorbed) -> str:
    paths = ", ".join(text(str(path)) for path in absorbed.paths)
    # Zero is no object's number: the list is never empty.
    numbers = ", ".join(str(number) for number in sorted(absorbed.without | {0}))
    return (
        f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"
        f' WHERE "_object" NOT IN ({numbers})'
    )


def _lines(path: Path) -> str:
    fields = ", ".join(f'"{column.field}" {column.type}' for column in schema.CLOUDTRAIL)
    columns = _struct((*_TAGS, Column("event", f"STRUCT({fields})")))
    # Without records = true DuckDB 2.0 sniffs each file although its columns are given.
    return (
        f"SELECT {schema.cloudtrail_of('event')},"
        ' "_account" AS account, "_region" AS region, "_object"'
        f" FROM read_json({text(str(path))}, format = 'newline_delimited', records = true,"
        f" auto_detect = false, maximum_object_size = {_LARGEST_LINE}, columns = {columns})"
        # Of all that is no object DuckDB takes null alone for one.
        " WHERE CASE WHEN event IS NULL THEN error('an event is null') ELSE true END"
    )


def _struct(columns: Iterable[Column]) -> str:
    pairs = (f"{text(column.field)}: {text(column.type)}" for column in columns)
    return "{" + ", ".join(pairs) + "}"
