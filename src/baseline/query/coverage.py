"""What a lake has of the days that a query asks for: a bare "nothing" must not come of no look."""

from dataclasses import dataclass

from sqlglot import exp

from baseline.logs.lake import Lake
from baseline.logs.layout import Folder, read_key
from baseline.query import pruning
from baseline.query.duckdb import DuckDB


@dataclass(frozen=True)
class Coverage:
    """Of one table that a query reads: the lake's first and last day, and whether it looks at any.

    Without a file of the table both days are empty; ``asked`` is the first day that the query asks
    for, where it names one.
    """

    table: str
    first: str
    last: str
    looked: bool
    asked: str


def of(lake: Lake, query: exp.Query, engine: DuckDB) -> list[Coverage]:
    """What the lake has for each table that ``query`` reads."""
    return [_of_table(lake, query, engine, table) for table in sorted(pruning.tables(query))]


def set_aside(lake: Lake, query: exp.Query, engine: DuckDB) -> list[tuple[str, str]]:
    """Key and reason of the objects that could not be read, of days that ``query`` can touch."""
    found = [(read_key(key), key, reason) for key, reason in lake.manifest.set_aside()]
    folders = {key.folder for key, *_ in found if key}
    touched: set[Folder] = set()
    for table in pruning.tables(query):
        of_table = [folder for folder in folders if folder.table == table]
        touched |= set(_touched(of_table, query, engine, table))
    return [(name, reason) for key, name, reason in found if key is None or key.folder in touched]


def _of_table(lake: Lake, query: exp.Query, engine: DuckDB, table: str) -> Coverage:
    dates = lake.manifest.collected(table)
    folders = lake.manifest.days(table, engine.dates(query, table, dates))
    looked = bool(_touched(folders, query, engine, table))
    asked = "" if looked else engine.text(pruning.first_day(query, table))
    return Coverage(table, min(dates, default=""), max(dates, default=""), looked, asked)


def _touched(folders: list[Folder], query: exp.Query, engine: DuckDB, table: str) -> list[Folder]:
    condition = pruning.condition(query, table)
    return engine.among(folders, condition) if condition else folders
