"""Reading a statement, and refusing what does more, or reads more, than a query of the logs.

DuckDB runs locked in as well; this is the door before that, and the one that answers in a sentence.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from baseline.errors import QueryError
from baseline.query import functions, spelling, tables
from baseline.query.dialect import Auditing
from baseline.query.places import position
from baseline.query.proposals import near
from baseline.query.tables import NAMES, SCHEMA, SHOWN

CATALOG = "awsdatacatalog"

# What the view flowlogs is made of on Athena; here it is a table.
_OF_ONE_FORMAT = ("flowlogs_text", "flowlogs_parquet")

_READS = ("select", "with", "(", "show", "describe", "desc", "table")
_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_CLOSED = re.compile(r"""--[^\n]*|/\*.*?\*/|'[^']*'|"[^"]*\"""", re.DOTALL)
_OPENING = re.compile(r"""'|"|/\*""")
_SHOW = (
    (r"show\s+tables(?:\s+(?:in|from)\s+\w+)?(?:\s+'[^']*')?", "tables"),
    (r"show\s+(?:schemas|databases)", "schemas"),
    (r"show\s+partitions\s+(?P<table>[\w.\"`]+)", "partitions"),
    (r"(?:show\s+columns\s+(?:in|from)|desc(?:ribe)?)\s+(?P<table>[\w.$$\"`]+)", "columns"),
)
_PLACES_OF_UNNEST = (exp.From, exp.Join, exp.Lateral)
_WRITES = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Copy,
    exp.Into,
    exp.Command,
    exp.Pragma,
    exp.Set,
    exp.Use,
)
# sqlglot warns of what it hands through; what is handed through is refused here.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


def read(sql: str, parameters: Mapping[str, exp.Expression] | None = None) -> exp.Query:
    """The query in ``sql``, its ``:name`` parameters replaced by literals.

    Raises QueryError, with the position, for what is not Athena's SQL, is not one query, or names
    anything but the tables of the logs.
    """
    given = parameters or {}
    for text in (sql, *(value.name for value in given.values())):
        _check_text(text)
    with not_too_deep():
        shown = _shown(sql)
        query, called = _parse(shown or sql)
        _bind(query, given)
        if not shown:
            _check(query, called)
        return query


def _check_text(text: str) -> None:
    """Bytes of the command line that are no UTF-8 are half characters, which DuckDB cannot take."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        where = f"character {error.start + 1} of {text[:30]!a}"
        raise QueryError("is not UTF-8", where=where, remedy="Give text in UTF-8.") from None


@contextmanager
def not_too_deep() -> Iterator[None]:
    """A sentence for what goes deeper than Python does; a long UNION is as deep as it is long."""
    try:
        yield
    except RecursionError:
        raise QueryError("is nested too deeply", where="SQL", remedy="Split it.") from None


def filled(sql: str, parameters: Mapping[str, exp.Expression]) -> str:
    """The text of ``sql`` as it was written, its ``:name`` parameters filled in for Athena.

    For what ``read`` has accepted; positions in Athena's errors are those of what was written,
    as far as no longer parameter stands before them in a line.
    """
    tokens = sqlglot.tokenize(sql, read="trino")
    text, at = [], 0
    for colon, name in pairwise(tokens):
        if colon.token_type is TokenType.COLON and name.text in parameters:
            before = sql[at : colon.start]
            # SELECT:n would become SELECT5.
            text += [before, " " * before[-1:].isalnum(), written(parameters[name.text])]
            at = name.end + 1
    return "".join([*text, sql[at:]])


def written(literal: exp.Expression) -> str:
    """``literal`` as text that can stand anywhere: after a minus, ``-5`` would begin a comment."""
    text = str(literal.sql(dialect="trino"))
    return f"({text})" if isinstance(literal, exp.Neg) else text


def literals(values: Mapping[str, str]) -> dict[str, exp.Expression]:
    """Values of parameters as text literals."""
    return {name: exp.Literal.string(value) for name, value in values.items()}


def _parse(sql: str) -> tuple[exp.Query, list[Token]]:
    """The query, and the names of the functions that it calls."""
    first = _body(sql).lower()
    if not first.strip("; \n\t"):
        raise QueryError("there is no statement", remedy="Give a SELECT.")
    if not first.startswith(_READS):
        word = re.split(r"[\s(;]", first, maxsplit=1)[0]
        raise QueryError(f"{word.upper()[:30]!r} is no query", where="SQL", remedy=_ONLY)
    try:
        tokens = spelling.read_numbers(sqlglot.tokenize(sql, read=Auditing), sql)
        spelling.check(tokens, sql)
        parser = Auditing().parser()
        statements = [s for s in parser.parse(tokens, sql) if s is not None]
    except ParseError as error:
        raise _not_sql(error) from None
    except TokenError:
        raise _not_closed(sql) from None
    if len(statements) != 1:
        raise QueryError(f"{len(statements)} statements at once", where="SQL", remedy=_ONLY)
    query = statements[0]
    if not isinstance(query, exp.Query):
        raise QueryError(f"{query.key.upper()} is no query", where="SQL", remedy=_ONLY)
    return query, parser.called


_ONLY = "Give one SELECT, WITH, SHOW or DESCRIBE: the logs are only read."


def _not_sql(error: ParseError) -> QueryError:
    first = error.errors[0]
    what = str(first.get("description") or "cannot be read").rstrip(".")
    # What sqlglot is made of is nobody's business.
    what = re.sub(r" but got <.*", "", what, flags=re.DOTALL)
    if "<" in what:
        what = "Something is missing"
    highlight = str(first.get("highlight") or "")
    line, column = first.get("line"), first.get("col")
    start = (column or 0) - len(highlight) + 1
    where = f"line {line}, column {max(start, 1)}" if line else "SQL"
    found = f" at {highlight!r}" if highlight else " at the end"
    return QueryError(f"{what}{found}", where=where, remedy="The dialect is Athena's.")


def _not_closed(sql: str) -> QueryError:
    """Of what cannot be cut into words: where the quote or comment opens that nothing closes."""
    rest = _CLOSED.sub(lambda closed: " " * len(closed[0]), sql)
    opened = _OPENING.search(rest)
    if not opened:
        return QueryError(
            "cannot be cut into words", where="SQL", remedy="The dialect is Athena's."
        )
    before = sql[: opened.start()]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    what = "comment" if opened[0] == "/*" else "quote"
    return QueryError(
        f"a {what} opens here and is not closed",
        where=f"line {line}, column {column}",
        remedy="A quote in a text is written twice: 'it''s'." if opened[0] == "'" else "Close it.",
    )


def _body(sql: str) -> str:
    """The statement without the comments before it."""
    comments = _COMMENTS.match(sql)
    return sql[comments.end() :] if comments else sql


def _bind(query: exp.Query, values: Mapping[str, exp.Expression]) -> None:
    wanted = set()
    for placeholder in list(query.find_all(exp.Placeholder)):
        name = placeholder.name
        wanted.add(name)
        if name not in values:
            raise QueryError(
                f"the parameter {':' * name.isidentifier()}{name} has no value",
                where="SQL",
                remedy="Write :name, and give --param name=value.",
            )
        if placeholder.arg_key == "alias":
            raise QueryError(
                f"the parameter :{name} stands where a name is expected",
                where="SQL",
                remedy="Is a comma or an operator missing before it?",
            )
        placeholder.replace(values[name].copy())
    if unused := sorted(set(values) - wanted):
        raise QueryError(
            f"the parameter {unused[0]} does not occur",
            where="SQL",
            remedy=f"Parameters here: {', '.join(sorted(wanted)) or 'none'}.",
        )


def _check(query: exp.Query, called: list[Token]) -> None:
    for table in query.find_all(exp.Table):
        _check_table(table, _named_around(table))
    functions.check(called)
    _check_names(query)
    for node in query.walk():
        if foreign := _foreign(node):
            raise QueryError(f"{foreign} is not Athena's", where=position(node) or "SQL")
        if isinstance(node, _WRITES):
            raise QueryError(f"{node.key.upper()} is no query", where="SQL", remedy=_ONLY)
        if isinstance(node, exp.Lateral) and not isinstance(node.this, exp.Subquery | exp.Unnest):
            raise _function(node)
        if isinstance(node, exp.Unnest) and not isinstance(node.parent, _PLACES_OF_UNNEST):
            raise QueryError(
                "UNNEST stands where a value is expected",
                where=position(node) or "SQL",
                remedy="Write it after FROM: … CROSS JOIN UNNEST(list) AS t (item).",
            )


def _check_names(query: exp.Query) -> None:
    for name in query.find_all(exp.Identifier):
        if name.name.upper() in _RESERVED and not name.args.get("quoted"):
            raise QueryError(
                f"{name.name} is a word of the grammar, no name",
                where=position(name) or "SQL",
                remedy=f'Write "{name.name}".',
            )


def _foreign(node: exp.Expression) -> str:
    """What sqlglot reads although Athena would not; empty for all else."""
    for kind, is_foreign, what in _FOREIGN:
        if isinstance(node, kind) and is_foreign(node):
            return what
    return ""


# [Trino: reserved keywords], but for those that came lately.
_RESERVED = frozenset({
    "ALTER", "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "CONSTRAINT", "CREATE", "CROSS", "CUBE",
    "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA",
    "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEALLOCATE", "DELETE", "DESCRIBE",
    "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS", "EXTRACT", "FALSE",
    "FOR", "FROM", "FULL", "GROUP", "GROUPING", "HAVING", "IN", "INNER", "INSERT", "INTERSECT",
    "INTO", "IS", "JOIN", "JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY", "JSON_TABLE",
    "JSON_VALUE", "LEFT", "LIKE", "LISTAGG", "LOCALTIME", "LOCALTIMESTAMP", "NATURAL", "NORMALIZE",
    "NOT", "NULL", "ON", "OR", "ORDER", "OUTER", "PREPARE", "RECURSIVE", "RIGHT", "ROLLUP",
    "SELECT", "SKIP", "TABLE", "THEN", "TRIM", "TRUE", "UESCAPE", "UNION", "UNNEST", "USING",
    "VALUES", "WHEN", "WHERE", "WITH",
})  # fmt: skip
_FIELDS = {"YEAR", "YEAR_OF_WEEK", "YOW", "QUARTER", "MONTH", "WEEK", "WEEK_OF_YEAR", "DAY",
           "DAY_OF_MONTH", "DAY_OF_WEEK", "DAYOFWEEK", "DOW", "DAY_OF_YEAR", "DAYOFYEAR", "DOY",
           "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE"}  # fmt: skip
_FOREIGN: tuple[tuple[type[exp.Expression], Callable[[exp.Expression], Any], str], ...] = (
    (exp.Star, lambda star: star.args.get("except_") or star.args.get("replace"), "* EXCLUDE"),
    (exp.Star, lambda star: isinstance(star.parent, exp.Predicate), "* LIKE"),
    (exp.Distinct, lambda distinct: distinct.args.get("on"), "DISTINCT ON"),
    (exp.Group, lambda group: group.args.get("all"), "GROUP BY ALL"),
    (exp.SetOperation, lambda union: union.args.get("by_name"), "BY NAME"),
    (exp.JSONExtract, lambda path: not path.args.get("json_query"), "-> for a field"),
    (exp.Slice, lambda _: True, "a[1:2]"),
    (exp.In, lambda found: found.args.get("field"), "IN without brackets"),
    (exp.Extract, lambda part: part.name.upper() not in _FIELDS, "that field of EXTRACT"),
    (exp.GroupConcat, lambda call: not call.find(exp.Order), "LISTAGG without WITHIN GROUP"),
    (exp.LimitOptions, lambda options: options.args.get("percent"), "PERCENT"),
    (exp.Count, lambda call: isinstance(call.this, exp.Distinct)
     and len(call.this.expressions) > 1, "count(DISTINCT a, b)"),
)  # fmt: skip


def _named_around(table: exp.Table) -> set[str]:
    """The names that a WITH gives at the place of ``table``: outside of it they mean nothing."""
    names: set[str] = set()
    passed: list[exp.Expression] = [table]
    while (node := passed[-1].parent) is not None:
        if isinstance(node, exp.CTE):
            node = _with_before(node, passed, names)
        elif node.args.get("with_"):
            names |= {cte.alias.lower() for cte in node.args["with_"].expressions}
        passed.append(node)
    return names


def _with_before(cte: exp.CTE, passed: list[exp.Expression], names: set[str]) -> exp.Expression:
    """Add what is known inside ``cte``: those before it, and in its recursive part itself."""
    own = cte.parent
    names |= {before.alias.lower() for before in own.expressions[: cte.index]}
    body = cte.this
    if own.recursive and isinstance(body, exp.SetOperation) and body.expression in passed:
        names.add(cte.alias.lower())
    return own.parent


def _check_table(table: exp.Table, ctes: set[str]) -> None:
    if not isinstance(table.this, exp.Identifier):
        raise _function(table)
    name, schema, catalog = table.name.lower(), table.db.lower(), table.catalog.lower()
    if not schema and name in ctes:
        return
    if name in NAMES and schema in ("", SCHEMA) and catalog in ("", CATALOG):
        table.set("this", exp.to_identifier(name, quoted=True))
        table.set("db", exp.to_identifier(SCHEMA))
        table.set("catalog", None)
        return
    full = ".".join(part for part in (table.catalog, table.db, table.name) if part)
    if name.partition("$")[0] in _OF_ONE_FORMAT:
        raise QueryError(
            f"{full} is known to Athena's catalog alone: flow logs of one format",
            where=position(table) or "SQL",
            remedy=f"{SCHEMA}.flowlogs has both formats, on both engines; for partitions see:"
            " baseline logs partitions",
        )
    known = tuple(f"{SCHEMA}.{name}" for name in SHOWN)
    raise QueryError(
        f"there is no table {full}",
        where=position(table) or "SQL",
        remedy=near(full if "." in full else f"{SCHEMA}.{full}", known),
    )


def _function(node: exp.Expression) -> QueryError:
    call = node.this or exp.Anonymous(this="ROWS FROM")
    name = call.sql_name() if isinstance(call, exp.Func) and call.sql_names() else call.name
    name = call.name if isinstance(call, exp.Anonymous) else name or call.key
    return QueryError(
        f"{name.upper()} cannot be read from",
        where=position(node) or "SQL",
        remedy=f"Tables: {', '.join(f'{SCHEMA}.{name}' for name in SHOWN)}.",
    )


def _shown(sql: str) -> str:
    """SHOW and DESCRIBE as a query of the catalogue; empty for other statements."""
    text = " ".join(_body(sql).split()).rstrip("; ")
    for pattern, what in _SHOW:
        if found := re.fullmatch(pattern, text, re.IGNORECASE):
            return _catalogue(what, found.groupdict().get("table") or "")
    if text.lower().startswith(("show", "describe", "desc ")):
        raise QueryError(
            f"{text[:40]!r} is not known",
            where="SQL",
            remedy="Known: SHOW TABLES, SHOW PARTITIONS t, SHOW COLUMNS IN t, DESCRIBE t.",
        )
    return ""


def _catalogue(what: str, table: str) -> str:
    if what == "schemas":
        return f"SELECT '{SCHEMA}' AS schema_name"
    if what == "tables":
        rows = ", ".join(f"('{name}')" for name in SHOWN)
        return f"SELECT tab_name FROM (VALUES {rows}) AS t (tab_name)"
    found = exp.to_table(table.replace("`", '"'), dialect="athena")
    _check_table(found, set())
    if what == "partitions":
        return (
            "SELECT 'account=' || account || '/region=' || region || '/date=' || \"date\""
            f' AS partition FROM {SCHEMA}."{found.name}$partitions" ORDER BY 1'
        )
    rows = ", ".join(f"('{name}', '{kind}')" for name, kind in _columns(found.name))
    return f"SELECT col_name, data_type FROM (VALUES {rows}) AS t (col_name, data_type)"


def _columns(table: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns in Hive's words, as Athena's DESCRIBE prints them."""
    columns = tables.columns(table)
    types = [exp.DataType.build(column.type, dialect="duckdb").sql("hive") for column in columns]
    plain = [str(kind).lower().replace("`", "").replace(" ", "") for kind in types]
    return [(column.name, kind) for column, kind in zip(columns, plain, strict=True)]
