"""What DuckDB refused, in the words of the query that was written, not of its translation."""

import re
from collections.abc import Callable

from sqlglot import exp

from baseline.errors import QueryError
from baseline.query import tables
from baseline.query.places import position
from baseline.query.proposals import near

_CANDIDATES = re.compile(r"Candidate bindings: (?P<names>[^\n]*)")
_PREFIX = re.compile(r"^(?:[A-Z][\w ]* Error|INTERNAL Error): ")
_DIALECT = "The dialect is Athena's."
_ALONE = "It may run on Athena alone."
_DESCRIBE = "See: DESCRIBE auditing.cloudtrail"
# Of the macros, as the functions that they stand for.
_WRITTEN_AS = {
    "moved_on": "date + interval",
    "moved_back": "date - interval",
    "truncated": "date_trunc",
    "of_a_day": "cast(… as date)",
    "of_a_time": "cast(… as timestamp)",
    "date_sub": "date_diff",
    "part_of": "substr",
    "divided": "/",
    "value_of": "map['key']",
    "map_contains": "map['key']",
    "element_of": "array[1]",
    "list_contains": "contains",
}
# Of functions that were given text.
_OF_TEXT = {
    "contains": "It looks into arrays; into text: strpos(x, 'y') > 0, or x LIKE '%y%'.",
    "sum": "Write sum(cast(x as bigint)).",
    "avg": "Write avg(cast(x as double)).",
}


def refused(message: str, query: exp.Query) -> QueryError:
    """DuckDB's ``message`` about ``query`` as an error with its place and what to do."""
    for pattern, explain in _KNOWN:
        if found := re.search(pattern, message):
            return explain(found, query)
    # What follows the first sentence speaks of settings that are locked here.
    first = re.split(r"(?<=[.!])\s", _PREFIX.sub("", message))[0].split("\n")[0]
    return QueryError(first.rstrip("!"), where="SQL", remedy=_DIALECT)


def _no_column(found: re.Match[str], query: exp.Query) -> QueryError:
    name = found["name"]
    if name.startswith("$"):
        remedy = f"{name} is of Athena's tables in S3; a row here does not know its object."
        return QueryError(f"there is no {name}", where=_where(query, name), remedy=remedy)
    if any(_is_quoted(column, name) for column in query.find_all(exp.Column)):
        remedy = f"Text goes in single quotes: {exp.Literal.string(name).sql()}."
        return QueryError(f"there is no column {name}", where=_where(query, name), remedy=remedy)
    candidates = _CANDIDATES.search(found.string)
    known = re.findall(r'"([^"]+)"', candidates["names"]) if candidates else []
    known += [column.name for column in tables.every_column()]
    return _missing("column", name, query, known)


def _is_quoted(column: exp.Column, name: str) -> bool:
    """Whether it is ``name`` alone in double quotes, as other programs write text."""
    return bool(column.this.args.get("quoted")) and [p.name for p in column.parts] == [name]


def _no_field(found: re.Match[str], query: exp.Query) -> QueryError:
    types = " ".join(column.type for column in tables.every_column() if "(" in column.type)
    return _missing(
        "field", found["name"], query, re.findall(r'"?(\w+)"? (?:VARCHAR|STR|MAP)', types)
    )


def _missing(kind: str, name: str, query: exp.Query, known: list[str]) -> QueryError:
    remedy = near(name, (word.lower() for word in known), _DESCRIBE)
    return QueryError(f"there is no {kind} {name}", where=_where(query, name), remedy=remedy)


def _no_row(found: re.Match[str], query: exp.Query) -> QueryError:
    """``requestparameters.bucketName``: a point after what has no fields."""
    name = found["name"]
    whole = re.findall(r"'?(\w+)'?\)?$", found["whole"])[-1]
    written = _written(query, f"{whole}.{name}")
    if whole == "resources":
        remedy = f"It is an array: resources[1].{name}, or CROSS JOIN UNNEST(resources)."
    else:
        field = re.sub(rf"^.*?\b{whole}\.", "", written, flags=re.IGNORECASE)
        remedy = f"It is text: json_extract_scalar({whole}, '$.{field}')."
    return QueryError(f"{whole} has no fields", where=_where(query, name), remedy=remedy)


def _written(query: exp.Query, beginning: str) -> str:
    """The whole path that holds ``beginning``: what is walked first is the longest."""
    paths = (str(node.sql("athena")) for node in query.find_all(exp.Dot, exp.Column))
    return next((path for path in paths if beginning.lower() in path.lower()), beginning)


def _no_function(found: re.Match[str], query: exp.Query) -> QueryError:
    name = found["name"]
    calls = (call for call in query.find_all(exp.Anonymous) if call.name.lower() == name.lower())
    where = next(map(position, calls), "") or "SQL"
    return QueryError(f"there is no function {name} here", where=where, remedy=_ALONE)


def _wrong_arguments(found: re.Match[str], query: exp.Query) -> QueryError:
    name = found["name"].removeprefix("trino_").removesuffix("()")
    written = _WRITTEN_AS.get(name, name)
    calls = [call for call in query.find_all(exp.Func) if _is_call(call, written)]
    written = calls[0].meta["called"] if calls else written
    types = found["types"] if found.re.groups > 1 else ""
    shown = f"({types.replace('STRING_LITERAL', 'VARCHAR').replace('_LITERAL', '')})"
    return QueryError(
        f"{written} does not take {shown if types else 'these types'}",
        where=_place(calls),
        remedy=_OF_TEXT.get(written, _DIALECT) if types.startswith("VARCHAR") else _DIALECT,
    )


def _is_call(call: exp.Func, name: str) -> bool:
    """Whether it was written as ``name``, or is that for DuckDB."""
    written = call.meta.get("called")
    return bool(written) and (
        written == name or call.sql("duckdb").lower().startswith(f"{name.lower()}(")
    )


def _ungrouped(found: re.Match[str], query: exp.Query) -> QueryError:
    name = found["name"].lower()
    columns = (c for c in query.find_all(exp.Column) if name in [p.name.lower() for p in c.parts])
    column: exp.Expression | None = next(filter(_stands_alone, columns), None)
    where = column and position(column)
    while column and isinstance(column.parent, exp.Dot):
        column = column.parent
    return QueryError(
        f"{column.sql('athena') if column else name} is neither in GROUP BY nor in an aggregate",
        where=where or "SQL",
        remedy="Add it to GROUP BY, or take max(…) or arbitrary(…) of it.",
    )


def _stands_alone(column: exp.Column) -> bool:
    """Whether it is shown by a SELECT that makes groups, and no part of what they are made of."""
    select = column.find_ancestor(exp.Select)
    clause = column.find_ancestor(*_CLAUSES, exp.Having, exp.Order, exp.Select)
    if select is None or isinstance(clause, _CLAUSES) or column.find_ancestor(exp.AggFunc):
        return False
    group = select.args.get("group")
    keys = group.expressions if group else []
    shown = [select.expressions[int(key.name) - 1] if key.is_int else key for key in keys]
    parts = [part for key in shown for part in key.find_all(exp.Column)]
    groups = group or any(value.find(exp.AggFunc) for value in select.expressions)
    return bool(groups) and column not in parts


def _unknown_type(found: re.Match[str], _query: exp.Query) -> QueryError:
    name = found["name"].removesuffix("_or_null")
    return QueryError(
        f"{_WRITTEN_AS.get(name, name)} of what is computed with an aggregate is not known here",
        where="SQL",
        remedy="Name that first: WITH t AS (SELECT coalesce(max(…), …) AS x …) SELECT x + … FROM t",
    )


def _said(found: re.Match[str], _query: exp.Query) -> QueryError:
    remedy = "As on Athena; element_at or try(…) gives NULL instead."
    return QueryError(found["what"], where="SQL", remedy=remedy)


def _text_and_time(_found: re.Match[str], _query: exp.Query) -> QueryError:
    return QueryError(
        "text is compared with a time",
        where="SQL",
        remedy="Write from_iso8601_timestamp(text), or date_format(time, '%Y-%m-%d').",
    )


def _unnested(_found: re.Match[str], query: exp.Query) -> QueryError:
    return QueryError(
        "UNNEST takes arrays",
        where=_place(list(query.find_all(exp.Unnest))),
        remedy="Of a map write UNNEST(map_entries(m)) AS t (k, v).",
    )


def _look_around(_found: re.Match[str], _query: exp.Query) -> QueryError:
    return QueryError(
        "a regular expression looks around, or names a group", where="SQL", remedy=_ALONE
    )


def _place(nodes: list[exp.Expression]) -> str:
    """Where the only one is: of several nobody knows here which one it was."""
    return (position(nodes[0]) if len(nodes) == 1 else "") or "SQL"


def _where(query: exp.Query, name: str) -> str:
    for identifier in query.find_all(exp.Identifier):
        if identifier.name.lower() == name.lower():
            return position(identifier) or "SQL"
    return "SQL"


_CLAUSES = (exp.Where, exp.Group, exp.Join)
_KNOWN: tuple[tuple[str, Callable[[re.Match[str], exp.Query], QueryError]], ...] = (
    (r'Referenced (?:column|table) "(?P<name>[^"]*)" not found', _no_column),
    (r'does not have a column named "(?P<name>[^"]*)"', _no_column),
    (r'Column "(?P<name>[^"]*)" referenced that exists in the SELECT', _no_column),
    (r'Could not find key "(?P<name>[^"]*)" in struct', _no_field),
    (r"Cannot extract field '(?P<name>\w+)' from expression \"(?P<whole>[^\"]*)\"", _no_row),
    (r"Function with name \"?(?P<name>\w+)\"? does not exist", _no_function),
    (r"Could not convert string '~(?P<what>.*)' to \w+", _said),
    (r"Cannot compare values of type VARCHAR and type (?:DATE|TIMESTAMP)", _text_and_time),
    (r"Cannot compare values of type (?:DATE|TIMESTAMP)[\w ]* and type VARCHAR", _text_and_time),
    (r"UNNEST\(\) can only be applied to lists|UNNEST requires a single list", _unnested),
    (r'column "(?P<name>[^"]*)" must appear in the GROUP BY clause', _ungrouped),
    (r"invalid perl operator: \(\?", _look_around),
    (r"argument types '(?P<name>\w+)\((?P<types>[^']*)\)'", _wrong_arguments),
    (r"Macro (?P<name>\w+)\(\) does not support", _wrong_arguments),
    (r"Macro (?P<name>\w+)\(\) has multiple overloads", _unknown_type),
)
