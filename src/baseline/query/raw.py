"""Queries straight over raw logs: the days that a query can touch, brought into a passing lake."""

from pathlib import Path

from sqlglot import exp

from baseline.logs.collect import Collected, collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Folder, Selection
from baseline.logs.source import Source
from baseline.query import pruning
from baseline.query.duckdb import DuckDB


def stage(source: Source, query: exp.Query, directory: Path) -> tuple[Lake, Collected]:
    """A lake in ``directory`` with all that ``query`` can touch, and what came of reading it.

    A query that cannot run is refused before anything is read.
    """
    empty = DuckDB()
    try:
        empty.check(query)
        folders = _touched(source, query, empty)
    finally:
        empty.close()
    lake = Lake.create(directory)
    return lake, collect(source, lake, folders)


def _touched(source: Source, query: exp.Query, engine: DuckDB) -> list[Folder]:
    found: list[Folder] = []
    for table in sorted(pruning.tables(query)):
        folders = days(source, Selection(tables=frozenset({table})))
        condition = pruning.condition(query, table)
        found += engine.among(folders, condition) if condition else folders
    return found
