"""The Parquet files of flow logs in the lake: written, and read again, with pyarrow."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import compute, parquet

from baseline.logs import schema
from baseline.logs.batch import Absorbed
from baseline.logs.lake import DamagedError
from baseline.logs.objects import Tag
from baseline.logs.schema import OBJECT, Column

_TYPES = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32()}
_COLUMNS = (*schema.FLOWLOGS, Column("account"), Column("region"), OBJECT)
# Name and type of each column of a file.
SCHEMA = pa.schema([(column.name, _TYPES[column.type]) for column in _COLUMNS])
# Hardly a value comes twice: in a dictionary they take longer to write and to read, and more room.
_ENCODINGS = {"bytes": "DELTA_BINARY_PACKED"}
# A query skips whole groups, and writing one holds it, so that of long rows there are fewer.
_ROW_GROUP = 122_880
_GROUP_BYTES = 128 * 1024**2


class Writer(AbstractContextManager["Writer"]):
    """One file. A row group is of many tables: many small objects are no small groups.

    ``rows`` is how many were added. Raises OSError when the disk does not suffice.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = parquet.ParquetWriter(
            file,
            SCHEMA,
            compression="zstd",
            compression_level=1,
            store_schema=False,
            use_dictionary=[name for name in SCHEMA.names if name not in _ENCODINGS],
            column_encoding=_ENCODINGS,
        )
        self._waiting: list[Any] = []
        self._rows = self._bytes = 0
        self.rows = 0

    def add(self, table: Any) -> None:
        """Write the rows of a table that has any of the columns; the others are NULL."""
        for at in range(0, table.num_rows, _ROW_GROUP):
            self._add(_complete(table.slice(at, _ROW_GROUP)))

    def _add(self, table: Any) -> None:
        self._waiting.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        self.rows += table.num_rows
        if self._rows >= _ROW_GROUP or self._bytes >= _GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        group = pa.concat_tables(self._waiting)
        self._file.write_table(group, row_group_size=self._rows)
        self._waiting, self._rows, self._bytes = [], 0, 0

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self._rows and not error:
            self._write()
        self._file.close()


def tagged(table: Any, tag: Tag) -> Any:
    """The rows with what tells where they are from."""
    values = zip(SCHEMA.names[-3:], (tag.account, tag.region, tag.number), strict=True)
    for name, value in values:
        constant = pa.repeat(pa.scalar(value, SCHEMA.field(name).type), table.num_rows)
        table = table.append_column(name, constant)
    return table


def kept(absorbed: Absorbed) -> Iterator[Any]:
    """The rows of older files, a row group at a time; raises DamagedError."""
    without = pa.array(sorted(absorbed.without), pa.int32())
    for path in absorbed.paths:
        try:
            for table in _groups(path):
                yield table.filter(compute.invert(compute.is_in(table[OBJECT.name], without)))
        except (pa.ArrowException, FileNotFoundError):
            raise DamagedError(path) from None


def _groups(path: Path) -> Iterator[Any]:
    with parquet.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, use_threads=False)


def _complete(table: Any) -> Any:
    there = set(table.column_names)
    return pa.table(
        [
            table[name].cast(kind) if name in there else pa.nulls(table.num_rows, kind)
            for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True)
        ],
        schema=SCHEMA,
    )
