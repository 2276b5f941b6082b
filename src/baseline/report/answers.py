"""What chosen saved queries answer over the lake, for the report: also why one has no answer."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from sqlglot import exp

from baseline.errors import BaselineError, UsageError
from baseline.logs.lake import Lake
from baseline.query import catalogue, coverage, pruning, statement, tables
from baseline.query.catalogue import SavedQuery
from baseline.query.duckdb import DuckDB
from baseline.query.kept import Kept
from baseline.report.content import Answer

# Rows of one answer that a report shows; `baseline query run` has all.
SHOWN = 100


def answers(names: Iterable[str], lake: Path, kept: Kept, own: Path) -> Iterator[Answer]:
    """The answer of each saved query, those in the directory ``own`` among them, by its defaults.

    They are asked of the ``lake``, which has to be there for those that read logs, and of ``kept``.
    What cannot be asked is an answer with its error: it takes none of the others away.
    """
    for name in names:
        try:
            query = catalogue.find(name, own, lambda _: None)
        except BaselineError as error:
            yield Answer(name, name, error=str(error))
            continue
        try:
            yield _answer(query, lake, kept)
        except BaselineError as error:
            yield _of(query, error=str(error))


def _answer(query: SavedQuery, path: Path, kept: Kept) -> Answer:
    asked = statement.read(query.sql, query.literals({}))
    lake = Lake(path) if pruning.tables(asked) else None
    with closing(DuckDB(lake, kept if tables.kept(asked) else None)) as engine:
        answer = engine.run(asked)
        rows = iter(answer.rows)
        shown = tuple(tuple(map(_text, row.values())) for row in islice(rows, SHOWN))
        total = len(shown) + sum(1 for _ in rows)
        if lake:
            _see_that_it_looked(lake, asked, engine)
    return _of(query, answer.columns, shown, total)


def _of(
    query: SavedQuery,
    columns: tuple[str, ...] = (),
    rows: tuple[tuple[str, ...], ...] = (),
    total: int = 0,
    error: str = "",
) -> Answer:
    return Answer(query.name, query.title, query.why, columns, rows, total, query.severity, error)


def _see_that_it_looked(lake: Lake, asked: exp.Query, engine: DuckDB) -> None:
    """Raise UsageError where no day that it asks for is in the lake: nothing proves nothing."""
    read = coverage.of(lake, asked, engine)
    if not any(table.looked for table in read):
        days = ", ".join(
            f"{table.table} {table.first} to {table.last}" if table.first else f"no {table.table}"
            for table in read
        )
        raise UsageError(
            f"the lake has no day that it asks for, but {days}",
            where=str(lake.path),
            remedy="Collect them: baseline logs collect",
        )


def _text(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return "" if value is None else str(value)
