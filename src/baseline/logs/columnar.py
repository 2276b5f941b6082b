"""Flow logs that come as Parquet: whatever the columns are called and typed, the same rows.

The VPC user guide has underscores and types of its own ("Flow log files"); files of other writers
have dashes, numbers as text, text as numbers, times, or only some of the columns. Such a file can
be anybody's, and DuckDB, unlike pyarrow, reads it within a limit of memory.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from baseline.errors import LogFileError
from baseline.logs import convert, schema
from baseline.logs.objects import LARGEST
from baseline.logs.schema import Column

MAGIC = b"PAR1"
_ACCOUNT = "account-id"
_BY_NAME = {column.name: column for column in schema.FLOWLOGS}
# Rows at a time, and bytes of text in one, ten times what a flow record has: memory is limited.
_ROWS = 8_192
_LONGEST = 16_384
_LENGTH = {"VARCHAR": "strlen", "BLOB": "octet_length"}
# What has no bound, such as a list, is no value.
_PLAIN = re.compile(
    r"VARCHAR|BLOB|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)"
    # Where no row has a value some writers give no type.
    r"|DATE|TIME.*|\"NULL\""
)


@contextmanager
def placed(content: bytes, path: Path) -> Iterator[Path]:
    """Where DuckDB reads a file, which is there meanwhile."""
    path.write_bytes(content)
    try:
        yield path
    finally:
        path.unlink()


def tables(path: Path) -> Iterator[Any]:
    """The records as tables of the columns that are there; raises LogFileError."""
    try:
        with convert.database(path.parent).cursor() as connection:
            columns = _columns(connection, path)
            _check_lengths(connection, path, columns)
            for batch in connection.sql(_select(path, columns)).to_arrow_reader(_ROWS):
                yield pa.Table.from_batches([batch])
    except (duckdb.Error, OSError) as error:  # the latter of what goes wrong after the first row
        # What goes wrong inside may spoil the database.
        convert.forget()
        raise LogFileError(convert.reason(error)) from None


def _columns(connection: Any, path: Path) -> list[tuple[str, Column, str]]:
    """The file's name, our column and the file's type, of those that are ours.

    Raises LogFileError when the file is not to be read, or too large.
    """
    try:
        found = connection.execute(f"DESCRIBE FROM {_file(path)}").fetchall()
        ((unpacked,),) = connection.execute(
            "SELECT coalesce(sum(abs(total_uncompressed_size)), 0) FROM parquet_metadata($1)",
            [str(path)],
        ).fetchall()
    except duckdb.Error as error:
        reason = str(error).split("\n")[0].replace(str(path), "it")
        raise LogFileError(f"is not valid Parquet: {reason}") from None
    if unpacked > LARGEST:
        raise LogFileError(f"unpacks to more than {LARGEST:,} bytes")
    columns = [(name, column, kind) for name, kind, *_ in found if (column := _ours(name))]
    if not columns:
        raise LogFileError("is Parquet, but has no column of a flow log")
    (field, times), *_ = Counter(column.field for _, column, _ in columns).most_common(1)
    if times > 1:
        raise LogFileError(f"has the column {field} twice")
    for name, _, kind in columns:
        if not _PLAIN.fullmatch(kind):
            raise LogFileError(f"holds a record of another shape: {name} is a {kind[:200]}")
    return columns


def _check_lengths(connection: Any, path: Path, columns: Sequence[tuple[str, Column, str]]) -> None:
    lengths = [
        f"coalesce({_LENGTH[kind]}({_quoted(name)}), 0)"
        for name, _, kind in columns
        if kind in _LENGTH
    ]
    query = f"SELECT max({' + '.join(lengths) or 0}) FROM {_file(path)}"
    ((longest,),) = connection.execute(query).fetchall()
    if longest and longest > _LONGEST:
        raise LogFileError(f"holds a record of more than {_LONGEST:,} bytes")


def _select(path: Path, columns: Sequence[tuple[str, Column, str]]) -> str:
    values = {column.name: _value(name, column, kind) for name, column, kind in columns}
    named = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
    return f"SELECT {named} FROM {_file(path)}"


def _ours(name: str) -> Column | None:
    return _BY_NAME.get(name.lower().replace("-", "_"))


def _value(name: str, column: Column, kind: str) -> str:
    """SQL of a column of that name and type as the lake has it."""
    value = _quoted(name)
    if column.type == "BIGINT" and kind.startswith("TIMESTAMP"):
        value = f"epoch({value})"
    if column.type != "BIGINT" or kind == "VARCHAR":
        value = f"nullif(CAST({value} AS VARCHAR), '-')"
    if column.field == _ACCOUNT:
        value = f"lpad({value}, 12, '0')"
    return f"CAST({value} AS {column.type})"


def _file(path: Path) -> str:
    return f"read_parquet({convert.text(str(path))}, hive_partitioning = false)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
