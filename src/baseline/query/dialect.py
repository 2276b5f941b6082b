"""Athena's SQL (Trino) as DuckDB understands it, and means the same by it.

sqlglot brings over the grammar. What it leaves, or what would silently give another answer, is
mended here on the tree, mostly by calling a macro of ``macros.sql``: those see the types.
``NAME(…)`` becomes ``trino_NAME(…)`` wherever there is such a macro.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokens import Token, TokenType

from baseline.errors import QueryError
from baseline.query import once
from baseline.query.formats import strftime
from baseline.query.once import MACROS
from baseline.query.places import position

# The functions of Athena that are macros of ours.
FUNCTIONS = frozenset(re.findall(r"^CREATE MACRO trino_(\w+)\(", MACROS, re.MULTILINE))
_OF_A_PATH = frozenset({"json_extract", "json_extract_scalar", "json_size"})
# Those that a rule has to see as they were written.
_REWRITTEN = frozenset({"contains", "format_datetime", "parse_datetime"})

_ADDRESS = "IPADDRESS"
_WHOLE = {
    exp.DataType.Type.TINYINT,
    exp.DataType.Type.SMALLINT,
    exp.DataType.Type.INT,
    exp.DataType.Type.BIGINT,
}
_ALONE = (exp.Typeof, exp.Skewness, exp.CurrentSchema, exp.CurrentCatalog, exp.CurrentUser,
          exp.JSONObject)  # fmt: skip
_ONE_OF_SOME = (exp.Max, exp.Min, exp.AnyValue, exp.ArgMax, exp.ArgMin, exp.Lag, exp.Lead,
                exp.FirstValue, exp.LastValue)  # fmt: skip
# Macros that give text.
_TEXTS = frozenset({"as_text", "trino_json_extract_scalar"})
# Macros for what is cast to one.
_TIMES = {
    exp.DataType.Type.DATE: "of_a_day",
    exp.DataType.Type.TIMESTAMP: "of_a_time",
    exp.DataType.Type.TIMESTAMPTZ: "of_a_time",
}


class Auditing(Trino):  # type: ignore[misc]  # sqlglot is not typed here
    """Trino's grammar, where a function of ours keeps its name and its arguments.

    sqlglot knows a dialect by its class's name; ``athena`` is its own.
    """

    class Parser(Trino.Parser):  # type: ignore[misc]
        """As Trino's, but it leaves our functions alone, and keeps the names of all as ``called``.

        In the tree ``len``, ``length`` and ``char_length`` are one node, of one name; how a call
        was written is put beside it.
        """

        FUNCTIONS = {  # noqa: RUF012  # as sqlglot has it
            name: build
            for name, build in Trino.Parser.FUNCTIONS.items()
            if name.lower() not in FUNCTIONS | _REWRITTEN
        }

        def reset(self) -> None:
            """Forget the statement before."""
            super().reset()
            self.called: list[Token] = []

        def _parse_function_call(self, *args: Any, **kwargs: Any) -> exp.Expression | None:
            token, after = self._curr, self._next
            found: exp.Expression | None = super()._parse_function_call(*args, **kwargs)
            if found is not None and after and after.token_type is TokenType.L_PAREN:
                self.called.append(token)
                if call := found.find(exp.Func):
                    call.meta["called"] = token.text.lower()
            return found

        def _parse_limit(self, *args: Any, **kwargs: Any) -> exp.Expression | None:
            token = self._curr
            found: exp.Expression | None = super()._parse_limit(*args, **kwargs)
            if isinstance(found, exp.Fetch) and token.token_type is TokenType.FETCH:
                found.update_positions(token)
            return found

        def _parse_unnest(self, *args: Any, **kwargs: Any) -> exp.Expression | None:
            token = self._curr
            found: exp.Expression | None = super()._parse_unnest(*args, **kwargs)
            if isinstance(found, exp.Unnest):
                found.update_positions(token)
            return found


def translate(query: exp.Query) -> str:
    """``query``, read from Athena's dialect, as DuckDB's SQL. Raises QueryError."""
    translated = query.copy()
    _name_columns(translated)
    _rewrite(translated)
    try:
        return str(translated.sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE))
    except SqlglotError as error:
        raise _refused(str(error)) from None


def _refused(what: str) -> QueryError:
    return QueryError(what.rstrip("."), where="SQL", remedy="It may run on Athena alone.")


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
    return once.call(name, [argument.copy() for argument in arguments if argument is not None])


def _typed_call(name: str, *arguments: exp.Expression, of: int = 0) -> exp.Expression:
    """A call of a macro that has a form for each type of its argument ``of``.

    DuckDB does not know the type of an aggregate when it chooses the form. The greatest, the least
    or any one of some values that were all changed alike is that one changed.
    """
    value = chosen = arguments[of].copy()
    while isinstance(chosen, exp.Cast | exp.Paren):
        chosen = chosen.this
    aggregate = chosen
    while isinstance(aggregate, exp.Window | exp.Filter):
        aggregate = aggregate.this
    if not isinstance(aggregate, _ONE_OF_SOME) or aggregate.args.get("default"):
        return _call(name, *arguments)
    if chosen is value:
        value = aggregate.this
    else:
        chosen.replace(aggregate.this.copy())
    aggregate.set("this", _call(name, *arguments[:of], value, *arguments[of + 1 :]))
    return chosen


def _anonymous(node: exp.Expression) -> exp.Expression:
    name = node.name.lower()
    if rule := _NAMED.get(name):
        return rule(node)
    if name in _OF_A_PATH and len(node.expressions) > 1:
        node.set("expressions", [node.expressions[0], _path(node.expressions[1])])
    return _call(f"trino_{name}", *node.expressions) if name in FUNCTIONS else node


# Numbers, times and text


def _divide(node: exp.Expression) -> exp.Expression:
    # Integers divide to integers, decimals to decimals; the macro sees what they are.
    return _call("divided", node.left, node.right)


def _plus(node: exp.Expression) -> exp.Expression:
    if isinstance(node.left, exp.Interval):
        return _typed_call("moved_on", node.right, node.left)
    return _typed_call("moved_on", node.left, node.right) if _is_interval(node.right) else node


def _minus(node: exp.Expression) -> exp.Expression:
    return _typed_call("moved_back", node.left, node.right) if _is_interval(node.right) else node


def _is_interval(node: exp.Expression) -> bool:
    return isinstance(node, exp.Interval)


def _date_add(node: exp.Expression) -> exp.Expression:
    unit = node.args.get("unit") or exp.var("DAY")
    step = exp.Interval(this=exp.Paren(this=node.expression.copy()), unit=unit.copy())
    return _typed_call("moved_on", node.this, step)


def _date_diff(node: exp.Expression) -> exp.Expression:
    # DuckDB's date_diff counts crossed boundaries, Trino's whole units.
    unit = exp.Literal.string((node.args.get("unit") or exp.var("DAY")).name.lower())
    return _call("date_sub", unit, node.expression, node.this)


def _date_trunc(node: exp.Expression) -> exp.Expression:
    # Of a date it is a date; DuckDB would make a timestamp, whose text is longer.
    unit = exp.Literal.string(node.args["unit"].name.lower())
    return _typed_call("truncated", unit, node.this, of=1)


def _extract(node: exp.Expression) -> exp.Expression:
    # Trino's week begins on Monday, with 1.
    if node.name.lower() in {"dow", "day_of_week", "dayofweek"}:
        return _call("isodow", node.expression)
    return node


def _format_datetime(node: exp.Expression) -> exp.Expression:
    moment, pattern = node.expressions
    return _call("strftime", moment, _pattern(pattern))


def _parse_datetime(node: exp.Expression) -> exp.Expression:
    text, pattern = node.expressions
    return _call("timezone", exp.Literal.string("UTC"), _call("strptime", text, _pattern(pattern)))


def _pattern(node: exp.Expression) -> exp.Expression:
    if not isinstance(node, exp.Literal):
        raise QueryError("the pattern of a time must be a literal", where="SQL")
    return exp.Literal.string(strftime(node.name))


def _regexp_replace(node: exp.Expression) -> exp.Expression:
    replacement = node.args.get("replacement")
    if isinstance(replacement, exp.Literal):
        text = re.sub(r"\$(\d)", r"\\\1", replacement.name)
        node.set("replacement", exp.Literal.string(text))
    return node


def _substring(node: exp.Expression) -> exp.Expression:
    return _call("part_of", node.this, node.args.get("start"), node.args.get("length"))


def _format(node: exp.Expression) -> exp.Expression:
    return _call("printf", node.this, *map(_shown, node.expressions, _conversions(node.this)))


def _conversions(pattern: exp.Expression) -> Iterator[str]:
    """The letters of ``%s`` and ``%5d``, in order; nothing of ``%2$s``, whose order is another."""
    known = isinstance(pattern, exp.Literal) and "$" not in pattern.name
    letters = re.findall(r"%[^a-zA-Z%]*([a-zA-Z%])", pattern.name) if known else []
    return chain((letter for letter in letters if letter != "%"), repeat(""))


def _shown(argument: exp.Expression, conversion: str) -> exp.Expression:
    # DuckDB's %s takes text only.
    return _call("as_shown", argument) if conversion == "s" else argument


def _normalize(node: exp.Expression) -> exp.Expression:
    return node if node.args.get("form") else _call("nfc_normalize", node.this)


# JSON


def _path(node: exp.Expression) -> exp.Expression:
    """A path as DuckDB writes it: ``$."a-b"`` instead of ``$["a-b"]``, and always lax."""
    if not isinstance(node, exp.Literal):
        return node
    path = re.sub(r"^(lax|strict) +", "", node.name)
    if not path.startswith("$") or ".." in path or "*" in path:
        raise QueryError(
            f"{node.name!r} is no path to one place",
            where="SQL",
            remedy='Athena takes $.name, $[0] and $["name"] only.',
        )
    return exp.Literal.string(re.sub(r"""\[(["'])(.*?)\1\]""", r'."\2"', path))


def _json_value(node: exp.Expression) -> exp.Expression:
    return _call("trino_json_extract_scalar", node.this, _path(node.args["path"]))


def _json_query(node: exp.Expression) -> exp.Expression:
    found = _call("trino_json_extract", node.this, _path(node.expression))
    return exp.cast(found, "varchar", dialect="duckdb")


def _json_exists(node: exp.Expression) -> exp.Expression:
    text, path = node.expressions
    found = _call("trino_json_extract", text, _path(path))
    return exp.Paren(this=exp.Not(this=exp.Is(this=found, expression=exp.null())))


# Types


def _cast(node: exp.Expression) -> exp.Expression:
    kind = node.to.this
    if _is_address(node):
        strict = not isinstance(node, exp.TryCast)
        return _call("address" if strict else "address_or_null", node.this)
    if kind in _WHOLE:
        node.set("this", _call("whole", node.this))
    elif kind in _TIMES:
        return _to_time(node, _TIMES[kind])
    elif kind == exp.DataType.Type.JSON:
        return _call("to_json", node.this)
    elif kind == exp.DataType.Type.VARCHAR or node.to.is_type(exp.DataType.Type.CHAR):
        return _text(node)
    return node


def _to_time(node: exp.Expression, guard: str) -> exp.Expression:
    """Of text DuckDB takes more forms than Athena."""
    if isinstance(node.this, exp.Null):
        return node
    text = isinstance(node.this, exp.Literal) and node.this.is_string
    given = exp.cast(node.this.copy(), "varchar", dialect="duckdb") if text else node.this
    name = f"{guard}_or_null" if isinstance(node, exp.TryCast) else guard
    node.set("this", _typed_call(name, given))
    return node


def _date(node: exp.Expression) -> exp.Expression:
    return _cast(exp.Cast(this=node.this.copy(), to=exp.DataType.build("date")))


def _text(node: exp.Expression) -> exp.Expression:
    is_text = isinstance(node.this, exp.Anonymous) and node.this.name in _TEXTS
    text = node.this if is_text else _call("as_text", node.this)
    if not node.to.expressions:
        return text
    return _call("left", text, exp.Literal.number(node.to.expressions[0].name))


def _is_address(node: exp.Expression) -> bool:
    if isinstance(node, exp.Anonymous):
        return str(node.name) in {"address", "address_or_null"}
    return isinstance(node, exp.Cast) and node.to.sql("athena").upper() == _ADDRESS


def _contains(node: exp.Expression) -> exp.Expression:
    network, address = node.expressions
    if _is_address(address) or (isinstance(network, exp.Literal) and network.is_string):
        return _call("cidr_contains", network, address)
    return _call("trino_contains", network, address)


# Arrays and maps


def _bracket(node: exp.Expression) -> exp.Expression:
    """``a[1]`` and ``m['k']`` fail where there is nothing; the offset is sqlglot's."""
    (key,) = node.expressions
    if node.args.get("safe") or not isinstance(key, exp.Literal | exp.Neg):
        return node
    if key.is_string:
        return _call("value_of", node.this, key)
    return _call("element_of", node.this, exp.Literal.number(int(key.to_py()) + 1))


def _cardinality(node: exp.Expression) -> exp.Expression:
    return _call("cardinality", node.this) if _is_map(node.this) else node


def _is_map(node: exp.Expression) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.to.is_type(exp.DataType.Type.MAP))
    name = node.name if isinstance(node, exp.Anonymous) else node.key
    return "map" in re.sub("map_(keys|values|entries)", "", name.lower())


def _any_match(node: exp.Expression) -> exp.Expression:
    array, test = node.expressions
    return _call("trino_contains", _call("list_transform", array, test), exp.true())


def _none_match(node: exp.Expression) -> exp.Expression:
    return exp.Paren(this=exp.Not(this=_any_match(node)))


def _all_match(node: exp.Expression) -> exp.Expression:
    array, test = node.expressions
    unmet = _call("trino_contains", _call("list_transform", array, test), exp.false())
    return exp.Paren(this=exp.Not(this=unmet))


def _reduce(node: exp.Expression) -> exp.Expression:
    merged = _call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    finish = node.args.get("finish")
    if finish is None:
        return merged
    return _call("list_extract", _call("list_transform", _call("list_value", merged), finish),
                 exp.Literal.number(1))  # fmt: skip


def _zip_with(node: exp.Expression) -> exp.Expression:
    left, right, join = node.expressions
    zipped = _call("list_zip", left, right)
    return _call("list_transform", zipped, _of_one(join, "1", "2"))


def _map_filter(node: exp.Expression) -> exp.Expression:
    entries, test = node.expressions
    kept = _call("list_filter", _call("map_entries", entries), _of_one(test, "'key'", "'value'"))
    return _call("map_from_entries", kept)


def _transform_values(node: exp.Expression) -> exp.Expression:
    entries, change = node.expressions
    return _entries(entries, "struct_extract(e, 'key')", _of_one(change, "'key'", "'value'").this)


def _transform_keys(node: exp.Expression) -> exp.Expression:
    entries, change = node.expressions
    return _entries(entries, _of_one(change, "'key'", "'value'").this, "struct_extract(e, 'value')")


def _entries(entries: exp.Expression, *pair: exp.Expression | str) -> exp.Expression:
    key, value = (exp.maybe_parse(part, dialect="duckdb", copy=True) for part in pair)
    made = exp.Lambda(this=_call("row", key, value), expressions=[exp.to_identifier("e")])
    return _call("map_from_entries", _call("list_transform", _call("map_entries", entries), made))


def _of_one(function: exp.Expression, *parts: str) -> exp.Lambda:
    """``(k, v) -> …`` as a lambda of one ``e``, whose parts ``k`` and ``v`` are."""
    names = [parameter.name for parameter in function.expressions]
    body = function.this.copy()
    for node in list(body.find_all(exp.Identifier, exp.Column)):
        if node.name in names and not isinstance(node.parent, exp.Column | exp.Dot):
            part = exp.maybe_parse(f"struct_extract(e, {parts[names.index(node.name)]})",
                                   dialect="duckdb")  # fmt: skip
            if node is body:
                body = part
            else:
                node.replace(part)
    return exp.Lambda(this=body, expressions=[exp.to_identifier("e")])


def _unnest(node: exp.Expression) -> exp.Expression:
    """``UNNEST(rows) AS t (a, b, c)`` spreads the fields of each row over the columns.

    So it spreads the keys and values of a map, and several arrays, of which DuckDB fills up the
    shorter with NULL as well.
    """
    alias = node.args.get("alias")
    names = list(alias.columns) if alias else []
    ordinal = node.args.get("offset")
    arrays = node.expressions
    if len(arrays) > 1:
        _check_arrays(node, names)
    elif len(names) < 2:  # noqa: PLR2004  # one name needs no spreading
        return node
    elif _is_map(arrays[0]):
        arrays = [_call("trino_map_entries", arrays[0])]
    rows = exp.select(*map(_spread if len(arrays) == 1 else _unnested, arrays))
    if ordinal:
        longest = arrays[0] if len(arrays) == 1 else _call("list_zip", *arrays)
        rows = rows.select(_call("generate_subscripts", longest, exp.Literal.number(1)))
    columns = [*names, ordinal] if ordinal else names
    named = exp.TableAlias(this=alias.this.copy(), columns=[name.copy() for name in columns])
    return exp.Lateral(this=rows.subquery(), alias=named)


def _unnested(array: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="unnest", expressions=[array.copy()])


def _spread(rows: exp.Expression) -> exp.Expression:
    depth = exp.Kwarg(this=exp.var("max_depth"), expression=exp.Literal.number(2))
    return exp.Anonymous(this="unnest", expressions=[rows.copy(), depth])


def _check_arrays(node: exp.Expression, names: list[exp.Expression]) -> None:
    """Several arrays have one column each here; on Athena, those of rows and maps have more."""
    if len(names) != len(node.expressions) or any(map(_is_map, node.expressions)):
        raise QueryError(
            "UNNEST of several takes arrays here, and a name for each",
            where=position(node) or "SQL",
            remedy="Of rows and maps, unnest each by itself; of arrays write AS t (x, y).",
        )


def _fetch(node: exp.Expression) -> exp.Expression:
    options = node.args.get("limit_options")
    if options and options.args.get("with_ties"):
        raise QueryError(
            "FETCH … WITH TIES is answered on Athena alone",
            where=position(node) or "SQL",
            remedy="Select rank() OVER (ORDER BY …) AS r, and around it: WHERE r <= 1.",
        )
    return node


def _alone(node: exp.Expression) -> exp.Expression:
    """What DuckDB answers otherwise: names of its own types and catalogue, another formula."""
    raise _refused(f"{node.sql(dialect=Auditing)[:40]} is answered on Athena alone")


_Rule = Callable[[exp.Expression], exp.Expression]
_RULES: dict[type[exp.Expression], _Rule] = {
    exp.Div: _divide,
    exp.Add: _plus,
    exp.Sub: _minus,
    exp.Date: _date,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.RegexpReplace: _regexp_replace,
    exp.Substring: _substring,
    exp.Format: _format,
    exp.Normalize: _normalize,
    exp.JSONValue: _json_value,
    exp.JSONExtract: _json_query,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Bracket: _bracket,
    exp.ArraySize: _cardinality,
    exp.Reduce: _reduce,
    exp.Anonymous: _anonymous,
    exp.Unnest: _unnest,
    exp.Fetch: _fetch,
    **dict.fromkeys(_ALONE, _alone),
}
_NAMED: dict[str, _Rule] = {
    "any_match": _any_match,
    "none_match": _none_match,
    "all_match": _all_match,
    "contains": _contains,
    "json_exists": _json_exists,
    "zip_with": _zip_with,
    "map_filter": _map_filter,
    "transform_values": _transform_values,
    "transform_keys": _transform_keys,
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
}
