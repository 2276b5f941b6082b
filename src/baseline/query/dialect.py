"""Athena's SQL (Trino) as DuckDB understands it, and means the same by it.

sqlglot brings over the grammar. What it leaves, or what would silently give another answer, is
mended here on the tree, mostly by calling a macro of ``macros.sql``: those see the types.
"""

import re
from collections.abc import Callable

from sqlglot import exp
from sqlglot.errors import SqlglotError

from baseline.errors import QueryError

_ADDRESS = "IPADDRESS"


def translate(query: exp.Query) -> str:
    """``query``, read from Athena's dialect, as DuckDB's SQL. Raises QueryError."""
    translated = query.copy()
    _name_columns(translated)
    _rewrite(translated)
    try:
        return str(translated.sql(dialect="duckdb"))
    except SqlglotError as error:
        raise QueryError(
            f"cannot be translated: {error}", where="SQL", remedy="It may run on Athena alone."
        ) from None


def _name_columns(query: exp.Query) -> None:
    """Columns without a name are called ``_col0``, ``_col1``, … as in Athena."""
    for select in _outermost(query):
        for index, projection in enumerate(list(select.expressions)):
            plain = isinstance(projection, exp.Column | exp.Dot | exp.Star | exp.Alias)
            if not plain and not isinstance(projection, exp.Aliases):
                projection.replace(exp.alias_(projection.copy(), f"_col{index}", quoted=True))


def _outermost(query: exp.Expression) -> list[exp.Select]:
    if isinstance(query, exp.Select):
        return [query]
    if isinstance(query, exp.SetOperation):
        return _outermost(query.left)
    return _outermost(query.this) if isinstance(query, exp.Subquery) else []


def _rewrite(query: exp.Query) -> None:
    # Breadth first, backwards: what a node holds is rewritten before it.
    for node in reversed(list(query.walk())):
        if rule := _RULES.get(type(node)):
            rewritten = rule(node)
            if rewritten is not node:
                node.replace(rewritten)


def _call(name: str, *arguments: exp.Expression | None) -> exp.Anonymous:
    given = [argument.copy() for argument in arguments if argument is not None]
    return exp.Anonymous(this=name, expressions=given)


def _macro(name: str) -> Callable[[exp.Expression], exp.Expression]:
    """A rule that hands ``this`` and ``expression`` to a macro."""
    return lambda node: _call(name, node.this, node.expression)


def _divide(node: exp.Expression) -> exp.Expression:
    # Integers divide to integers; the macro sees whether they are.
    return _call("trino_divide", node.left, node.right)


def _plus(node: exp.Expression) -> exp.Expression:
    return _moved(node, "trino_plus")


def _minus(node: exp.Expression) -> exp.Expression:
    return _moved(node, "trino_minus")


def _moved(node: exp.Expression, macro: str) -> exp.Expression:
    if isinstance(node.right, exp.Interval):
        return _call(macro, node.left, node.right)
    if isinstance(node.left, exp.Interval) and macro == "trino_plus":
        return _call(macro, node.right, node.left)
    return node


def _date_add(node: exp.Expression) -> exp.Expression:
    unit = node.args.get("unit") or exp.var("DAY")
    step = exp.Interval(this=exp.Paren(this=node.expression.copy()), unit=unit.copy())
    return _call("trino_plus", node.this, step)


def _date_diff(node: exp.Expression) -> exp.Expression:
    # DuckDB's date_diff counts crossed boundaries, Trino's whole units.
    unit = exp.Literal.string((node.args.get("unit") or exp.var("DAY")).name.lower())
    return _call("date_sub", unit, node.expression, node.this)


def _date_trunc(node: exp.Expression) -> exp.Expression:
    # Of a date it is a date; DuckDB would make a timestamp, whose text is longer.
    return _call("trino_date_trunc", exp.Literal.string(node.args["unit"].name.lower()), node.this)


def _extract(node: exp.Expression) -> exp.Expression:
    # Trino's week begins on Monday, with 1.
    if node.name.lower() in {"dow", "day_of_week", "dayofweek"}:
        return _call("isodow", node.expression)
    return node


def _regexp_extract(node: exp.Expression) -> exp.Expression:
    return _call("trino_regexp_extract", node.this, node.expression, node.args.get("group"))


def _regexp_replace(node: exp.Expression) -> exp.Expression:
    replacement = node.args.get("replacement")
    if isinstance(replacement, exp.Literal):
        text = re.sub(r"\$(\d)", r"\\\1", replacement.name)
        node.set("replacement", exp.Literal.string(text))
    return node


def _split_part(node: exp.Expression) -> exp.Expression:
    return _call(
        "trino_split_part", node.this, node.args.get("delimiter"), node.args.get("part_index")
    )


def _slice(node: exp.Expression) -> exp.Expression:
    return _call("trino_slice", node.this, node.args.get("start"), node.args.get("end"))


def _contains(node: exp.Expression) -> exp.Expression:
    network, address = node.this, node.expression
    if _is_address(address) or (isinstance(network, exp.Literal) and "/" in network.name):
        return _call("cidr_contains", network, address)
    return node


def _format(node: exp.Expression) -> exp.Expression:
    return _call("printf", node.this, *node.expressions)


def _is_address(node: exp.Expression) -> bool:
    if isinstance(node, exp.Anonymous):
        return bool(node.name == "trino_ipaddress")
    return isinstance(node, exp.Cast) and node.to.sql("athena").upper() == _ADDRESS


def _cast(node: exp.Expression) -> exp.Expression:
    if _is_address(node):
        return _call("trino_ipaddress", node.this)
    json = isinstance(node.this, exp.Anonymous) and node.this.name == "trino_json_extract"
    if json and node.to.is_type(*exp.DataType.TEXT_TYPES):
        # A JSON string becomes its text, without the quotes that DuckDB would keep.
        return _call("trino_json_extract_scalar", *node.this.expressions)
    return node


def _anonymous(node: exp.Expression) -> exp.Expression:
    rule = _NAMED.get(node.name.lower())
    return rule(node) if rule else node


def _any_match(node: exp.Expression) -> exp.Expression:
    return exp.GT(this=_matches(node), expression=exp.Literal.number(0))


def _none_match(node: exp.Expression) -> exp.Expression:
    return exp.EQ(this=_matches(node), expression=exp.Literal.number(0))


def _all_match(node: exp.Expression) -> exp.Expression:
    return exp.EQ(this=_matches(node), expression=_call("len", node.expressions[0]))


def _matches(node: exp.Expression) -> exp.Expression:
    return _call("len", _call("list_filter", *node.expressions))


def _unnest(node: exp.Expression) -> exp.Expression:
    """``UNNEST(rows) AS t (a, b, c)`` spreads the fields of each row over the columns."""
    alias = node.args.get("alias")
    names = list(alias.columns) if alias else []
    ordinal = node.args.get("offset")
    if len(node.expressions) != 1 or len(names) < 2:  # noqa: PLR2004  # one name needs no spreading
        return node
    array = node.expressions[0]
    depth = exp.Kwarg(this=exp.var("max_depth"), expression=exp.Literal.number(2))
    rows = exp.select(exp.Anonymous(this="unnest", expressions=[array.copy(), depth]))
    if ordinal:
        rows = rows.select(_call("generate_subscripts", array, exp.Literal.number(1)))
    columns = [*names, ordinal] if ordinal else names
    named = exp.TableAlias(this=alias.this.copy(), columns=[name.copy() for name in columns])
    return exp.Lateral(this=rows.subquery(), alias=named)


_RULES: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.JSONExtractScalar: _macro("trino_json_extract_scalar"),
    exp.JSONExtract: _macro("trino_json_extract"),
    exp.Div: _divide,
    exp.Add: _plus,
    exp.Sub: _minus,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.ArrayPosition: _macro("trino_array_position"),
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.SplitPart: _split_part,
    exp.ArraySlice: _slice,
    exp.ArrayContains: _contains,
    exp.Format: _format,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Anonymous: _anonymous,
    exp.Unnest: _unnest,
}
_NAMED = {"any_match": _any_match, "none_match": _none_match, "all_match": _all_match}
