"""DuckDB over a lake: locked in, so that SQL can read the lake's files and nothing else."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv6Address
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

from sqlglot import exp

from baseline.errors import QueryError, ToolError
from baseline.findings import parquet
from baseline.logs import schema
from baseline.logs.convert import text
from baseline.logs.lake import Lake
from baseline.logs.layout import TABLES, Folder
from baseline.machine import available_memory
from baseline.query import pruning, types
from baseline.query.dialect import translate
from baseline.query.engine import Answer, Row, unique
from baseline.query.kept import Kept
from baseline.query.once import MACROS
from baseline.query.refusals import refused
from baseline.query.statement import not_too_deep
from baseline.query.tables import DISTINCT, SCHEMA

_FETCH = 1_000
_MIB = 1024**2
_LEAST = 256 * _MIB
_NAMED = re.compile(r"""["'](/[^"']+\.parquet)["']""")
_DAMAGED = (
    "Ask again if logs are being collected; else remove the lake, and collect again:"
    " baseline logs collect"
)


class DuckDB:
    """An engine over ``lake`` and what is ``kept``; without them all tables are empty.

    Close it after use.
    """

    def __init__(self, lake: Lake | None = None, kept: Kept | None = None) -> None:
        room = lake.spill() if lake else None
        self._spill = tempfile.TemporaryDirectory(prefix="baseline-query-", dir=room)
        self._lake = lake
        # The parts that the tables are made of now.
        self._opened: dict[str, list[str]] = {table: [] for table in TABLES}
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
        sql = self._prepared(query)
        with self._our_errors(query):
            self._connection.execute(f"EXPLAIN {sql}")

    def run(self, query: exp.Query) -> Answer:
        """The answer; raises QueryError, also while rows are taken."""
        sql = self._prepared(query)
        with self._our_errors(query):
            self._connection.execute(sql)
        described = self._connection.description
        columns = unique([column[0] for column in described])
        return Answer(columns, self._rows(query, columns), tuple(str(c[1]) for c in described))

    def among(self, folders: Sequence[Folder], condition: exp.Expression) -> list[Folder]:
        """Those of ``folders`` whose account, region and date meet ``condition``."""
        numbered = [(i, f.account, f.region, f.date) for i, f in enumerate(folders)]
        if not numbered:
            return []
        query = exp.select("number").from_("candidates").where(condition)
        with self._our_errors(query):
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
        with self._our_errors(query):
            ((text,),) = self._connection.execute(translate(query)).fetchall()
        return text or ""

    def dates(self, query: exp.Query, table: str, dates: Sequence[str]) -> Sequence[str]:
        """Those of ``dates`` that ``query`` can touch of ``table``."""
        condition = pruning.condition(query, table, frozenset({"date"}))
        if condition is None:
            return dates
        days = [Folder(year=date[:4], month=date[5:7], day=date[8:]) for date in dates]
        return [day.date for day in self.among(days, condition)]

    def _prepared(self, query: exp.Query) -> str:
        """``query`` as DuckDB's SQL, over tables that are made for it; raises QueryError."""
        with not_too_deep():
            types.check(query)
            sql = translate(query)
            self._open(query)
        return sql

    def _open(self, query: exp.Query) -> None:
        """Make the tables that ``query`` reads of the parts of the days that it can touch."""
        if self._lake is None:
            return
        for table in pruning.tables(query):
            known = self._lake.manifest.dates(table)
            try:
                dates = self.dates(query, table, known)
            except QueryError:
                dates = known  # the query itself says it better
            files = self._lake.files(table, None if dates is known else dates)
            if files != self._opened[table]:
                with self._our_errors(query, files):
                    _make(self._connection, table, files)
                self._opened[table] = files

    def _rows(self, query: exp.Query, columns: tuple[str, ...]) -> Iterator[Row]:
        while True:
            with self._our_errors(query):
                some = self._connection.fetchmany(_FETCH)
            if not some:
                return
            for row in some:
                yield {name: plain(value) for name, value in zip(columns, row, strict=True)}

    @contextmanager
    def _our_errors(self, query: exp.Query, files: Sequence[str] = ()) -> Iterator[None]:
        import duckdb  # noqa: PLC0415  # slow to import

        try:
            with _interruptible():
                yield
        except duckdb.Error as error:
            parts = list(files) or list(chain.from_iterable(self._opened.values()))
            if damaged := _damaged(error, parts):
                raise QueryError(
                    "this part of the lake is damaged or missing", where=damaged, remedy=_DAMAGED
                ) from None
            raise refused(str(error), query) from None


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


def _damaged(error: Exception, parts: Sequence[str]) -> str:
    """Which of ``parts`` could not be read, when that is what ``error`` says; else empty."""
    import duckdb  # noqa: PLC0415  # slow to import

    named: set[str] = set(_NAMED.findall(str(error))) & set(parts)
    if named:
        return min(named)
    # Of a broken file DuckDB may say no more than "Out of buffer".
    unknown = type(error) is duckdb.Error or isinstance(error, duckdb.InternalError)
    return next((part for part in parts if unknown and not _is_whole(part)), "")


def _is_whole(part: str) -> bool:
    try:
        parquet.check(Path(part))
    except ToolError:
        return False
    return True


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
    # Other files of the lake's directory are none of a query's business.
    directories = [spill, *(lake.path / table for table in TABLES if lake)]
    connection.execute(f"SET temp_directory = {text(str(spill))}")
    connection.execute(f"SET allowed_directories = [{_texts(map(str, directories))}]")
    connection.execute(f"SET allowed_paths = [{_texts(kept.files)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for table in TABLES:
        _make(connection, table, [])
    kept.make(connection)
    connection.execute("SET lock_configuration = true")
    return connection


def _memory_limit(free: int | None) -> dict[str, str]:
    """Half of what is free; beyond it DuckDB uses the disk. Nothing where nobody can tell."""
    return {} if free is None else {"memory_limit": f"{max(free // 2, _LEAST) // _MIB}MiB"}


def _make(connection: Any, table: str, files: list[str]) -> None:
    """Make ``table`` of ``files``, and the views over it."""
    connection.execute(_table(table, files))
    connection.execute(
        f'CREATE OR REPLACE VIEW {SCHEMA}."{table}$partitions" AS'
        f' SELECT DISTINCT account, region, "date" FROM {SCHEMA}."{table}"'
    )
    if table == "cloudtrail":
        # As on Athena a copy of another day is another event: so a filter leaves files out first.
        connection.execute(
            f"CREATE OR REPLACE VIEW {SCHEMA}.{DISTINCT} AS SELECT * FROM {SCHEMA}.{table} QUALIFY"
            ' eventid IS NULL OR row_number() OVER (PARTITION BY account, region, "date", eventid'
            " ORDER BY eventtime) = 1"
        )


def _table(table: str, files: list[str]) -> str:
    columns = schema.columns(table)
    view = f'CREATE OR REPLACE VIEW {SCHEMA}."{table}" AS SELECT'
    if not files:
        nothing = ", ".join(f'CAST(NULL AS {c.type}) AS "{c.name}"' for c in columns)
        return f"{view} {nothing} WHERE false"
    names = ", ".join(f'"{column.name}"' for column in columns if column.name != "date")
    # Not hive_partitioning: it would also believe an account=… in the path to the lake.
    # DuckDB computes the date before it opens a file, and leaves out what is not wanted.
    return (
        f'{view} {names}, substr(parse_dirpath(filename), -10) AS "date"'
        f" FROM read_parquet([{_texts(files)}], hive_partitioning = false, filename = true)"
    )


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(text, values))


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
