"""What Athena refuses to compare, and DuckDB would quietly bring to one type."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.schema import Schema, ensure_schema

from baseline.errors import QueryError
from baseline.logs.layout import TABLES
from baseline.query.dialect import Auditing
from baseline.query.places import position
from baseline.query.tables import KEPT, SCHEMA, columns

_KINDS = {
    "text": exp.DataType.TEXT_TYPES,
    "a number": exp.DataType.NUMERIC_TYPES,
    "a time": exp.DataType.TEMPORAL_TYPES,
    "true or false": {exp.DataType.Type.BOOLEAN},
}
_RETURNS = {
    "json_extract_scalar": "text",
    "json_format": "text",
    "split_part": "text",
    "regexp_extract": "text",
    "to_iso8601": "text",
    "url_extract_host": "text",
    "url_extract_path": "text",
    "from_iso8601_timestamp": "a time",
    "from_iso8601_date": "a time",
    "strpos": "a number",
    "json_array_length": "a number",
    "json_size": "a number",
}
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Nullif,
             exp.NullSafeEQ, exp.NullSafeNEQ)  # fmt: skip
# Also as sqlglot calls them.
_OF_BYTES = frozenset({"md5", "md5_digest", "sha1", "s_h_a2_digest"})
_CASTS = {
    ("a number", "text"): "cast(… as bigint)",
    ("text", "a number"): "cast(… as varchar)",
    ("a number", "a time"): "from_unixtime(…) of seconds",
    ("a time", "a number"): "from_unixtime(…) of seconds",
}
_DAY = "'%Y-%m-%d'"
# Columns that hold times as text, 2026-07-31T10:00:00Z.
_ISO = frozenset({"eventtime", "time", "first_seen", "last_seen", "verified"})


def check(query: exp.Query) -> None:
    """Raise QueryError, with the position, for types that do not fit as Athena sees them.

    Only what is known for certain: an expression of unknown type fits everywhere.
    """
    known = _typed(query)
    _check_aliases(known)
    _check_sums(known)
    _check_totals(known)
    _check_unnested(known)
    for left, right in _pairs(known):
        kinds = _kind(left), _kind(right)
        if all(kinds) and kinds[0] != kinds[1]:
            raise QueryError(
                f"{_short(left)} is {kinds[0]}, {_short(right)} is {kinds[1]}",
                where=position(left) or position(right) or "SQL",
                remedy=f"Athena compares like with like: {_alike(left, right)}.",
            )
    _check_conditions(known)
    _check_digests(known)


def _alike(left: exp.Expression, right: exp.Expression) -> str:
    kinds = _kind(left), _kind(right)
    if kinds == ("a time", "text"):
        return _as_times(right, left)
    if kinds == ("text", "a time"):
        return _as_times(left, right)
    return _CASTS.get(kinds, "cast one of them")


def _as_times(text: exp.Expression, time: exp.Expression) -> str:
    """Not cast(time as varchar): its space sorts before the T of ISO times."""
    if isinstance(text, exp.Literal):
        return "date '2026-07-31', timestamp '2026-07-31 10:00:00' or from_iso8601_timestamp(…)"
    if text.name.lower() == "date":
        return f"date_format({_short(time)}, {_DAY})"
    if text.name.lower() in _ISO:
        moment = f"from_iso8601_timestamp({_short(text)})"
        return f"date({moment})" if time.is_type(exp.DataType.Type.DATE) else moment
    return (
        f"from_iso8601_timestamp({_short(text)}) if that is like 2026-07-31T10:00:00Z,"
        f" date_format({_short(time)}, {_DAY}) if it is like 2026-07-31"
    )


def _check_conditions(query: exp.Expression) -> None:
    for condition in _conditions(query):
        if _kind(condition) not in ("", "true or false"):
            raise QueryError(
                f"{_short(condition)} is {_kind(condition)}, not true or false",
                where=position(condition) or "SQL",
                remedy="Athena wants a comparison here.",
            )


def _check_sums(query: exp.Expression) -> None:
    for node in query.find_all(exp.Add, exp.Sub):
        if {_kind(node.left), _kind(node.right)} == {"a time", "a number"}:
            sign = "-" if isinstance(node, exp.Sub) else "+"
            days = node.right.name if node.right.is_int else "1"
            raise QueryError(
                f"{_short(node)} is of a time and a number",
                where=position(node) or "SQL",
                remedy=f"Write … {sign} interval '{days}' day.",
            )


def _check_totals(query: exp.Expression) -> None:
    for call in query.find_all(exp.Sum, exp.Avg):
        if _kind(call.this) == "text":
            raise QueryError(
                f"{_short(call.this)} is text, {call.key} takes numbers",
                where=position(call) or "SQL",
                remedy=f"Write {call.key}(cast({_short(call.this)} as double)).",
            )


def _check_unnested(query: exp.Expression) -> None:
    """Beside another array, Athena makes columns of the fields of rows; here they stay whole."""
    for unnest in query.find_all(exp.Unnest):
        for array in unnest.expressions:
            if len(unnest.expressions) > 1 and _holds_rows(array):
                raise QueryError(
                    f"{_short(array)} is an array of rows, beside another",
                    where=position(array) or "SQL",
                    remedy="Unnest it by itself: CROSS JOIN UNNEST(rows) AS t (a, b).",
                )


def _holds_rows(array: exp.Expression) -> bool:
    items = array.type.expressions if array.is_type(exp.DataType.Type.ARRAY) else []
    return any(item.is_type(exp.DataType.Type.STRUCT) for item in items)


def _check_aliases(query: exp.Expression) -> None:
    """A name that SELECT gives is known to ORDER BY only; DuckDB would know it everywhere."""
    for select in query.find_all(exp.Select):
        given = {projection.alias.lower() for projection in select.expressions if projection.alias}
        given -= _columns_of(select)
        for clause in ("where", "group", "having"):
            part = select.args.get(clause)
            for column in part.find_all(exp.Column) if part and given else ():
                if not column.table and column.name.lower() in given:
                    raise QueryError(
                        f"{column.name} is a name that SELECT gives, not a column",
                        where=position(column) or "SQL",
                        remedy="Athena knows it in ORDER BY only: write the expression.",
                    )


def _columns_of(select: exp.Select) -> set[str]:
    """The columns that its sources may have; all that it names itself where they are not known."""
    tables = list(select.find_all(exp.Table))
    unknown = [table for table in tables if table.db != SCHEMA]
    if unknown or any(select.find_all(exp.Unnest, exp.Subquery)):
        return {projection.alias.lower() for projection in select.expressions}
    return {column.name for table in tables for column in columns(table.name)}


def _short(node: exp.Expression) -> str:
    return str(node.name if isinstance(node, exp.Column) else node.sql(dialect=Auditing))


def _typed(query: exp.Query) -> exp.Expression:
    # Slow to import, and needed only when a query runs.
    from sqlglot.optimizer.annotate_types import annotate_types  # noqa: PLC0415
    from sqlglot.optimizer.qualify import qualify  # noqa: PLC0415

    try:
        known = qualify(
            query.copy(),
            schema=_schema(),
            dialect=Auditing,
            validate_qualify_columns=False,
            expand_stars=False,
            expand_alias_refs=False,
            quote_identifiers=False,
            identify=False,
        )
        return annotate_types(known, schema=_schema(), dialect=Auditing)
    except SqlglotError:
        # What cannot be resolved is DuckDB's to refuse, in better words.
        return query


@cache
def _schema() -> Schema:
    tables = {
        table: {
            column.name: exp.DataType.build(column.type, dialect="duckdb")
            for column in columns(table)
        }
        for table in (*TABLES, *KEPT)
    }
    # Made of a dictionary for every query, it would take a millisecond of each.
    return ensure_schema({SCHEMA: tables}, dialect=Auditing)


def _pairs(query: exp.Expression) -> Iterator[tuple[exp.Expression, exp.Expression]]:
    """What must be of one type."""
    for node in query.walk():
        match node:
            case exp.In():
                yield from ((node.this, item) for item in node.expressions)
            case exp.Between():
                yield node.this, node.args["low"]
                yield node.this, node.args["high"]
            case exp.DPipe():
                yield node.left, node.right
            case exp.Concat():
                yield from pairwise(node.expressions)
            case _ if isinstance(node, _COMPARED):
                yield node.this, node.expression


def _check_digests(query: exp.Expression) -> None:
    for call in query.find_all(exp.Func):
        name = call.name if isinstance(call, exp.Anonymous) else call.sql_name()
        given = call.expressions if isinstance(call, exp.Anonymous) else [call.this]
        if name.lower() in _OF_BYTES and given and _kind(given[0]) == "text":
            raise QueryError(
                f"{_short(call)} is of text",
                where=position(call) or "SQL",
                remedy="Athena takes bytes: to_utf8(text).",
            )


def _conditions(query: exp.Expression) -> Iterator[exp.Expression]:
    """What must be true or false."""
    for node in query.walk():
        match node:
            case exp.Where() | exp.Having() | exp.Not():
                yield node.this
            case exp.And() | exp.Or():
                yield from (node.left, node.right)
            case exp.If() if not (isinstance(node.parent, exp.Case) and node.parent.this):
                yield node.this
            case exp.Join() if node.args.get("on"):
                yield node.args["on"]


def _kind(node: exp.Expression) -> str:
    if isinstance(node, exp.Anonymous):
        return _RETURNS.get(node.name.lower(), "")
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "a number"
    if node.type is None:
        return ""
    return next((kind for kind, types in _KINDS.items() if node.type.this in types), "")
