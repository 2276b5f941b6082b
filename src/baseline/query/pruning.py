"""Which days a query can touch, from its own predicates on ``account``, ``region`` and ``date``.

Never wrong, only sometimes too careful: what is not understood means "all".
"""

from collections.abc import Iterator

from sqlglot import exp

from baseline.logs.layout import TABLES
from baseline.query.dialect import FUNCTIONS
from baseline.query.tables import DISTINCT, SCHEMA

_PARTITIONS = frozenset({"account", "region", "date"})
# What a predicate may not hold: it would need rows, or answer differently each time.
_UNSAFE = (exp.Query, exp.AggFunc, exp.Window, exp.Rand, exp.Uuid)
_KNOWN_FUNCTIONS = FUNCTIONS | {"format_datetime", "contains"}


def tables(query: exp.Query) -> frozenset[str]:
    """The tables of logs that the query reads, also through a view."""
    names = {table.name for table in _reads(query)}
    return frozenset(table for table in TABLES if names & {table, *_views(table)})


def condition(
    query: exp.Query, table: str, about: frozenset[str] = _PARTITIONS
) -> exp.Expression | None:
    """What the account, region and date of every row of ``table`` that counts must meet.

    None when every row may count. ``about`` narrows it to what is said of those columns alone.
    """
    found: list[exp.Expression] = []
    for read in _reads(query):
        # The views over a table keep account, region and date apart.
        if read.name == table or read.name in _views(table):
            own = _own_condition(read, about)
            if own is None:
                return None
            found.append(own)
    return exp.or_(*dict.fromkeys(found)) if found else None


def first_day(query: exp.Query, table: str) -> exp.Expression | None:
    """The first ``date`` of ``table`` that the query asks for, as text; None when it names none."""
    whole = condition(query, table)
    return _first_day(whole) if whole else None


def _first_day(condition: exp.Expression) -> exp.Expression | None:
    match condition:
        case exp.Paren():
            return _first_day(condition.this)
        case exp.And():
            # All bounds hold, so the latest does.
            parts = [day for day in map(_first_day, condition.flatten()) if day]
            return _one_of("greatest", parts)
        case exp.Or():
            days = [_first_day(part) for part in condition.flatten()]
            return _one_of("least", [day for day in days if day]) if all(days) else None
        case exp.Between(this=exp.Column()):
            return _bound(condition.this, condition.args["low"])
        case exp.GT() | exp.GTE() | exp.EQ() if isinstance(condition.this, exp.Column):
            return _bound(condition.this, condition.expression)
    return None


def _bound(column: exp.Column, day: exp.Expression) -> exp.Expression | None:
    plain = column.name.lower() == "date" and not any(day.find_all(exp.Column))
    return exp.cast(day.copy(), "varchar") if plain else None


def _one_of(function: str, days: list[exp.Expression]) -> exp.Expression | None:
    return (
        exp.func(function, *dict.fromkeys(days)) if len(set(days)) > 1 else next(iter(days), None)
    )


def _views(table: str) -> tuple[str, ...]:
    return (f"{table}$partitions", *((DISTINCT,) if table == "cloudtrail" else ()))


def _reads(query: exp.Query) -> Iterator[exp.Table]:
    return (table for table in query.find_all(exp.Table) if table.db == SCHEMA)


def _own_condition(read: exp.Table, about: frozenset[str]) -> exp.Expression | None:
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
    safe = [_bare(part) for part in parts if _is_about(about, part, names)]
    return exp.and_(*safe) if safe else None


def _renames(select: exp.Select) -> bool:
    return any(
        projection.alias.lower() in _PARTITIONS
        for projection in select.expressions
        if isinstance(projection, exp.Alias)
    )


def _is_about(about: frozenset[str], part: exp.Expression, names: set[str]) -> bool:
    columns = list(part.find_all(exp.Column))
    return (
        bool(columns)
        and not any(part.find_all(*_UNSAFE))
        and all(call.name.lower() in _KNOWN_FUNCTIONS for call in part.find_all(exp.Anonymous))
        and all(c.name.lower() in about and c.table in names and not c.db for c in columns)
    )


def _bare(part: exp.Expression) -> exp.Expression:
    copy = part.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return copy
