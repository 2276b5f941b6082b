"""Flow records as a Parquet file, with names and types as the VPC user guide has them.

Source: VPC User Guide, "Flow log files": names with underscores; numbers are INT32 or INT64.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_INT32 = frozenset(("version", "srcport", "dstport", "tcp-flags", "traffic-path"))
_INT64 = frozenset(("protocol", "packets", "bytes", "start", "end"))


def flow_records(fields: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The file; what a row has not is "-" where text is expected, else nothing."""
    import duckdb  # noqa: PLC0415  # slow to import, and seldom needed

    columns = ", ".join(f'"{field.replace("-", "_")}" {_type(field)}' for field in fields)
    with tempfile.TemporaryDirectory() as directory, duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE records ({columns})")
        marks = ", ".join("?" * len(fields))
        values = [[row.get(f, _absent(f)) for f in fields] for row in rows]
        insert = f"INSERT INTO records VALUES ({marks})"  # noqa: S608  # only question marks
        connection.executemany(insert, values)
        file = Path(directory, "records.parquet")
        connection.execute(f"COPY records TO '{file}' (FORMAT parquet)")
        return file.read_bytes()


def _type(field: str) -> str:
    return "INTEGER" if field in _INT32 else "BIGINT" if field in _INT64 else "VARCHAR"


def _absent(field: str) -> str | None:
    return None if field in _INT32 | _INT64 else "-"
