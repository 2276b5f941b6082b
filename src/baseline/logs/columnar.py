"""Flow logs that come as Parquet: whatever the columns are called and typed, the same rows.

The VPC user guide has underscores and types of its own ("Flow log files"); files of other writers
have dashes, numbers as text, text as numbers, times, or only some of the columns.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.errors import LogFileError
from baseline.logs import schema
from baseline.logs.objects import LARGEST, Tag
from baseline.logs.schema import Column

MAGIC = b"PAR1"
_ACCOUNT = "account-id"
_BY_NAME = {column.name: column for column in schema.FLOWLOGS}


@dataclass(frozen=True)
class Columnar:
    """A Parquet file named ``…-NUMBER.parquet`` after its tag; name and type of its columns."""

    path: Path
    tag: Tag
    columns: tuple[tuple[str, str], ...]
    rows: int


def look(connection: Any, path: Path, tag: Tag) -> Columnar:
    """What is in the file; raises LogFileError when it is no flow log in Parquet."""
    import duckdb  # noqa: PLC0415  # slow to import

    try:
        found = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet($1, hive_partitioning = false)", [str(path)]
        ).fetchall()
        counted = connection.execute(
            "SELECT sum(num_rows) FROM parquet_file_metadata($1)", [str(path)]
        ).fetchone()
        unpacked = connection.execute(
            "SELECT coalesce(sum(abs(total_uncompressed_size)), 0) FROM parquet_metadata($1)",
            [str(path)],
        ).fetchone()
    except duckdb.Error as error:
        reason = str(error).split("\n")[0].replace(str(path), "it")
        raise LogFileError(f"is not valid Parquet: {reason}") from None
    columns = tuple((name, kind) for name, kind, *_ in found if _ours(name))
    if unpacked[0] > LARGEST:
        raise LogFileError(f"unpacks to more than {LARGEST:,} bytes")
    if not columns:
        raise LogFileError("is Parquet, but has no column of a flow log")
    return Columnar(path, tag, columns, int(counted[0]))


def selects(files: Sequence[Columnar]) -> Iterator[str]:
    """The rows as SELECTs, one for all files of the same columns; missing ones are left out."""
    alike: dict[tuple[tuple[str, str], ...], list[Columnar]] = defaultdict(list)
    for file in files:
        alike[file.columns].append(file)
    for columns, group in alike.items():
        yield (
            f"SELECT {schema.complete('flowlogs', dict(_value(*column) for column in columns))},"
            " tags.account, tags.region, tags.number AS _object"
            f" FROM read_parquet([{', '.join(_text(str(file.path)) for file in group)}],"
            " hive_partitioning = false, filename = '_file')"
            f" JOIN (VALUES {', '.join(map(_tag, group))}) AS tags (number, account, region)"
            " ON tags.number = split_part(parse_filename(_file, true), '-', 2)::INTEGER"
        )


def _ours(name: str) -> Column | None:
    return _BY_NAME.get(name.lower().replace("-", "_"))


def _value(name: str, kind: str) -> tuple[str, str]:
    """Our name of a column of that name and type, and the SQL of its value."""
    column = _ours(name)
    assert column
    value = '"' + name.replace('"', '""') + '"'
    if column.type == "BIGINT" and kind.startswith("TIMESTAMP"):
        value = f"epoch({value})"
    if column.type != "BIGINT" or kind == "VARCHAR":
        value = f"nullif(CAST({value} AS VARCHAR), '-')"
    if column.field == _ACCOUNT:
        value = f"lpad({value}, 12, '0')"
    return column.name, value


def _tag(file: Columnar) -> str:
    return f"({file.tag.number}, {_text(file.tag.account)}, {_text(file.tag.region)})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
