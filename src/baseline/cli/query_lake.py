"""What ``query run`` says of the lake: what it has not got of what was asked."""

from pathlib import Path
from typing import Any

from baseline.cli import shared

_REST = "`baseline logs collect -o json` names all"


def open_lake(path: Path | None, config_path: Path | None, statement: Any) -> Any:
    """The lake of ``--lake``, or of the configuration; None when the query needs none."""
    from baseline.logs.lake import Lake  # noqa: PLC0415  # only when a query runs
    from baseline.query import pruning, tables  # noqa: PLC0415  # sqlglot is slow to import

    if tables.kept(statement) and not pruning.tables(statement):
        return None
    return Lake(path or shared.load_configuration(config_path).lake)


def missing(lake: Any, statement: Any, engine: Any) -> tuple[int, bool]:
    """How many objects are missing from the answer, and whether any day was looked at.

    Both are said on stderr.
    """
    from baseline.logs.layout import TABLES  # noqa: PLC0415  # slow to import
    from baseline.query import coverage  # noqa: PLC0415  # sqlglot is slow to import

    aside = coverage.set_aside(lake, statement, engine)
    name_missing("Set aside", aside)
    if not any(lake.manifest.dates(table) for table in TABLES):
        shared.talk(f"The lake {lake.path} is empty. Fill it: baseline logs collect")
        return len(aside), False
    tables = coverage.of(lake, statement, engine)
    for table in tables:
        if not table.looked:
            shared.talk(_not_looked(lake, table))
    return len(aside), not tables or any(table.looked for table in tables)


def name_missing(what: str, objects: list[tuple[str, str]]) -> None:
    """Name objects that are not in the answer, up to a bound."""
    from baseline.cli.logs_options import name_objects  # noqa: PLC0415  # only when logs are read

    name_objects(what, objects, rest=_REST)


def _not_looked(lake: Any, table: Any) -> str:
    if not table.first:
        return f"The lake {lake.path} has no logs of the table {table.table}: nothing to look at."
    asked = f"asked from {table.asked}, " if table.asked else ""
    return (
        f"No day of {table.table} in {lake.path} matches the query's account, region and date: "
        f"{asked}the lake has {table.first} to {table.last}. "
        "Ask for what it has (`baseline query show` says which days and parameters a saved query "
        "takes), or collect it."
    )
