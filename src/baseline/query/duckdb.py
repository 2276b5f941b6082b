"""DuckDB over a lake: locked in, so that SQL can read the lake's files and nothing else."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv6Address
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

from sqlglot import exp

from baseline.logs import schema
from baseline.logs.convert import definition, text
from baseline.logs.lake import Lake
from baseline.logs.layout import TABLES, Folder
from baseline.machine import available_memory
from baseline.query import types
from baseline.query.dialect import translate
from baseline.query.engine import Answer, Row, unique
from baseline.query.kept import Kept
from baseline.query.once import MACROS
from baseline.query.refusals import refused
from baseline.query.tables import DISTINCT, SCHEMA

_FETCH = 1_000
_MIB = 1024**2
_LEAST = 256 * _MIB


class DuckDB:
    """An engine over ``lake`` and what is ``kept``; without them all tables are empty.

    Close it after use.
    """

    def __init__(self, lake: Lake | None = None, kept: Kept | None = None) -> None:
        room = lake.spill() if lake else None
        self._spill = tempfile.TemporaryDirectory(prefix="baseline-query-", dir=room)
        with _interruptible():
            self._connection = _connect(lake, kept or Kept(), Path(self._spill.name))

    def close(self) -> None:
        """Let go of memory and temporary files."""
        self._connection.close()
        self._spill.cleanup()

    def interrupt(self) -> None:
        """End the query that another thread waits for, as Ctrl-C would."""
        self._connection.interrupt()

    def check(self, query: exp.Query) -> None:
        """Raise QueryError, with the column, when the query cannot run; nothing is read."""
        types.check(query)
        with _our_errors(query):
            self._connection.execute(f"EXPLAIN {translate(query)}")

    def run(self, query: exp.Query) -> Answer:
        """The answer; raises QueryError, also while rows are taken."""
        types.check(query)
        with _our_errors(query):
            self._connection.execute(translate(query))
        described = self._connection.description
        columns = unique([column[0] for column in described])
        return Answer(columns, self._rows(query, columns), tuple(str(c[1]) for c in described))

    def among(self, folders: Sequence[Folder], condition: exp.Expression) -> list[Folder]:
        """Those of ``folders`` whose account, region and date meet ``condition``."""
        numbered = [(i, f.account, f.region, f.date) for i, f in enumerate(folders)]
        if not numbered:
            return []
        query = exp.select("number").from_("candidates").where(condition)
        with _our_errors(query):
            self._connection.execute(
                "CREATE OR REPLACE TEMP TABLE candidates (number INTEGER, account VARCHAR, "
                'region VARCHAR, "date" VARCHAR)'
            )
            columns = [list(column) for column in zip(*numbered, strict=True)]
            # All at once: a lake of years has hundreds of thousands.
            self._connection.execute(
                "INSERT INTO candidates SELECT unnest(?), unnest(?), unnest(?), unnest(?)", columns
            )
            chosen = self._connection.execute(translate(query)).fetchall()
        return [folders[number] for (number,) in sorted(chosen)]

    def text(self, value: exp.Expression | None) -> str:
        """The text that ``value`` is, which names no column; empty when there is none."""
        if value is None:
            return ""
        query = exp.select(value)
        with _our_errors(query):
            ((text,),) = self._connection.execute(translate(query)).fetchall()
        return text or ""

    def _rows(self, query: exp.Query, columns: tuple[str, ...]) -> Iterator[Row]:
        while True:
            with _our_errors(query):
                some = self._connection.fetchmany(_FETCH)
            if not some:
                return
            for row in some:
                yield {name: plain(value) for name, value in zip(columns, row, strict=True)}


def plain(value: Any) -> Any:
    """``value`` in JSON's types: times as ISO text, decimals as numbers, bytes as hexadecimal."""
    match value:
        case float():
            plainer: Any = value if isfinite(value) else None
        case None | bool() | int() | str():
            plainer = value
        case timedelta():
            plainer = _interval(value)
        case datetime() | date() | time():
            plainer = value.isoformat()
        case Decimal():
            plainer = int(value) if value == value.to_integral_value() else float(value)
        case {"ipaddress": int() as number}:
            plainer = _address(number)
        case dict():
            plainer = {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            plainer = [plain(inner) for inner in value]
        case bytes():
            plainer = value.hex()
        case _:
            plainer = str(value)
    return plainer


def _interval(value: timedelta) -> str:
    """``1 02:03:04.567``, as Trino writes days and times."""
    milliseconds = value.seconds * 1000 + value.microseconds // 1000
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, rest = divmod(rest, 1000)
    return f"{value.days} {hours:02}:{minutes:02}:{seconds:02}.{rest:03}"


def _address(number: int) -> str:
    """An address of ``macros.sql`` as text."""
    address = IPv6Address(number)
    return str(address.ipv4_mapped or address)


def _connect(lake: Lake | None, kept: Kept, spill: Path) -> Any:
    import duckdb  # noqa: PLC0415  # slow to import

    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **_memory_limit(available_memory()),
        }
    )
    connection.execute("SET TimeZone = 'UTC'; SET integer_division = true")
    connection.execute(MACROS)
    files = {table: lake.files(table) if lake else [] for table in TABLES}
    # Other files of the lake's directory are none of a query's business.
    parts = ", ".join(map(text, (*chain.from_iterable(files.values()), *kept.files)))
    connection.execute(f"SET temp_directory = {text(str(spill))}")
    connection.execute(f"SET allowed_directories = [{text(str(spill))}]")
    connection.execute(f"SET allowed_paths = [{parts}]")
    connection.execute("SET enable_external_access = false")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for table in TABLES:
        connection.execute(_table(table, files[table]))
        connection.execute(
            f'CREATE VIEW {SCHEMA}."{table}$partitions" AS'
            f' SELECT DISTINCT account, region, "date" FROM {SCHEMA}."{table}"'
        )
    # As on Athena a copy of another day is another event: so a filter leaves files out before it.
    connection.execute(
        f"CREATE VIEW {SCHEMA}.{DISTINCT} AS SELECT * FROM {SCHEMA}.cloudtrail QUALIFY eventid IS"
        ' NULL OR row_number() OVER (PARTITION BY account, region, "date", eventid'
        " ORDER BY eventtime) = 1"
    )
    kept.make(connection)
    connection.execute("SET lock_configuration = true")
    return connection


def _memory_limit(free: int | None) -> dict[str, str]:
    """Half of what is free; beyond it DuckDB uses the disk. Nothing where nobody can tell."""
    return {} if free is None else {"memory_limit": f"{max(free // 2, _LEAST) // _MIB}MiB"}


def _table(table: str, files: list[str]) -> str:
    columns = schema.columns(table)
    if not files:
        return f'CREATE TABLE {SCHEMA}."{table}" ({definition(columns)})'
    names = ", ".join(f'"{column.name}"' for column in columns if column.name != "date")
    # Not hive_partitioning: it would also believe an account=… in the path to the lake.
    # DuckDB computes the date before it opens a file, and leaves out what is not wanted.
    return (
        f'CREATE VIEW {SCHEMA}."{table}" AS'
        f""" SELECT {names}, substr(parse_dirpath(filename), -10) AS "date\""""
        f" FROM read_parquet([{', '.join(map(text, files))}],"
        " hive_partitioning = false, filename = true)"
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


@contextmanager
def _our_errors(query: exp.Query) -> Iterator[None]:
    import duckdb  # noqa: PLC0415  # slow to import

    try:
        with _interruptible():
            yield
    except duckdb.Error as error:
        raise refused(str(error), query) from None
