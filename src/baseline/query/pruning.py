"""Which days a query can touch, from its own predicates on ``account``, ``region`` and ``date``.

Never wrong, only sometimes too careful: what is not understood means "all".
"""

from collections.abc import Iterator

from sqlglot import exp

from baseline.logs.layout import TABLES
from baseline.query.dialect import FUNCTIONS
from baseline.query.tables import DISTINCT, SCHEMA

_PARTITIONS = {"account", "region", "date"}
# What a predicate may not hold: it would need rows, or answer differently each time.
_UNSAFE = (exp.Query, exp.AggFunc, exp.Window, exp.Rand, exp.Uuid)
_KNOWN_FUNCTIONS = FUNCTIONS | {"format_datetime", "contains"}


def tables(query: exp.Query) -> frozenset[str]:
    """The tables of logs that the query reads, also through a view."""
    names = {table.name for table in _reads(query)}
    return frozenset(table for table in TABLES if names & {table, *_views(table)})


def condition(query: exp.Query, table: str) -> exp.Expression | None:
    """What the account, region and date of every row of ``table`` that counts must meet.

    None when every row may count.
    """
    found: list[exp.Expression] = []
    for read in _reads(query):
        # The views over a table keep account, region and date apart.
        if read.name == table or read.name in _views(table):
            own = _own_condition(read)
            if own is None:
                return None
            found.append(own)
    return exp.or_(*dict.fromkeys(found)) if found else None


def first_days(query: exp.Query, table: str) -> list[exp.Expression]:
    """What the query compares ``date`` with to leave out earlier days of ``table``."""
    whole = condition(query, table)
    compared = whole.find_all(exp.GT, exp.GTE, exp.EQ, exp.Between) if whole else ()
    found = [
        part.args["low"] if isinstance(part, exp.Between) else part.expression
        for part in compared
        if isinstance(part.this, exp.Column) and part.this.name.lower() == "date"
    ]
    return [day for day in dict.fromkeys(found) if not any(day.find_all(exp.Column))]


def _views(table: str) -> tuple[str, ...]:
    return (f"{table}$partitions", *((DISTINCT,) if table == "cloudtrail" else ()))


def _reads(query: exp.Query) -> Iterator[exp.Table]:
    return (table for table in query.find_all(exp.Table) if table.db == SCHEMA)


def _own_condition(read: exp.Table) -> exp.Expression | None:
    select = read.find_ancestor(exp.Select)
    if read.alias_column_names:
        # The columns have other names here.
        return None
    if select is None or not isinstance(read.parent, exp.From) or read.parent.parent is not select:
        return None
    joins = select.args.get("joins") or []
    where = select.args.get("where")
    if where is None or any(join.side for join in joins) or _renames(select):
        return None
    names = {read.alias_or_name} | (set() if joins else {""})
    whole = where.this.unnest()
    parts = whole.flatten() if isinstance(whole, exp.And) else [whole]
    safe = [_bare(part) for part in parts if _is_about_partitions(part, names)]
    return exp.and_(*safe) if safe else None


def _renames(select: exp.Select) -> bool:
    return any(
        projection.alias.lower() in _PARTITIONS
        for projection in select.expressions
        if isinstance(projection, exp.Alias)
    )


def _is_about_partitions(part: exp.Expression, names: set[str]) -> bool:
    columns = list(part.find_all(exp.Column))
    return (
        bool(columns)
        and not any(part.find_all(*_UNSAFE))
        and all(call.name.lower() in _KNOWN_FUNCTIONS for call in part.find_all(exp.Anonymous))
        and all(c.name.lower() in _PARTITIONS and c.table in names and not c.db for c in columns)
    )


def _bare(part: exp.Expression) -> exp.Expression:
    copy = part.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return copy
