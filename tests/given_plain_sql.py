"""SELECT in plain Python: what a query gives of rows that are dictionaries, by another way.

It shares with the program nothing but sqlglot's reading of the grammar.
"""

import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlglot import exp

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def select(query: exp.Expression, tables: Tables) -> list[Row]:
    """The rows of ``query``, in any order and without its LIMIT."""
    rows = list(_source(query, tables))
    if where := query.args.get("where"):
        rows = [row for row in rows if value(where.this, [row]) is True]
    if group := query.args.get("group"):
        groups = _groups(rows, group.expressions, query)
    elif any(_aggregates(projection) for projection in query.expressions):
        groups = [rows]
    else:
        groups = [[row] for row in rows]
    return [_projected(query, members) for members in groups]


def _source(query: exp.Expression, tables: Tables) -> Iterator[Row]:
    rows: Iterable[Row] = _scan(query.args["from_"].this, tables)
    for join in query.args.get("joins") or []:
        rows = list(_joined(rows, join, tables))
    yield from rows


def _scan(node: exp.Expression, tables: Tables) -> Iterator[Row]:
    if isinstance(node, exp.Subquery):
        inner = select(node.this, tables)
        ordered = node.this.args.get("order")
        if limit := node.this.args.get("limit"):
            inner.sort(key=lambda row: -row[ordered.expressions[0].this.name])
            inner = inner[: int(limit.expression.name)]
        found = inner
    else:
        found = tables[node.name]
    for row in found:
        yield row | ({node.alias: row} if node.alias else {}) | {node.name: row}


def _joined(rows: Iterable[Row], join: exp.Expression, tables: Tables) -> Iterator[Row]:
    if isinstance(join.this, exp.Unnest):
        (name,) = join.this.args["alias"].columns
        for row in rows:
            for item in value(join.this.expressions[0], [row]) or []:
                yield row | {name.name: item, join.this.alias: {name.name: item}}
        return
    for left, right in itertools.product(rows, list(_scan(join.this, tables))):
        both = right | left
        if value(join.args["on"], [both]) is True:
            yield both


def _groups(rows: list[Row], keys: list[exp.Expression], query: exp.Expression) -> list[list[Row]]:
    found: dict[str, list[Row]] = {}
    wanted = [query.expressions[int(k.name) - 1] if k.is_int else k for k in keys]
    for row in rows:
        found.setdefault(repr([value(key, [row]) for key in wanted]), []).append(row)
    return list(found.values())


def _projected(query: exp.Expression, members: list[Row]) -> Row:
    if query.is_star:
        return members[0]
    named = {}
    for index, projection in enumerate(query.expressions):
        name = projection.alias_or_name or f"_col{index}"
        while name in named:
            name += "_1"
        named[name] = value(projection, members)
    return named


def _aggregates(node: exp.Expression) -> bool:
    return node.find(exp.AggFunc) is not None


def value(node: exp.Expression, rows: list[Row]) -> Any:
    """What ``node`` is for one row, or over the rows of a group; None is NULL."""
    rule = _RULES.get(type(node))
    if rule is None:
        raise NotImplementedError(f"{type(node).__name__}: {node.sql('athena')}")
    return rule(node, lambda inner: value(inner, rows), rows)


_Of = Callable[[exp.Expression], Any]


def _column(node: exp.Expression, _of: _Of, rows: list[Row]) -> Any:
    found: Any = rows[0]
    for part in node.parts if isinstance(node, exp.Column) else [node.this, node.expression]:
        if isinstance(part, exp.Column | exp.Dot):
            found = _column(part, _of, rows)
        else:
            found = None if found is None else found.get(part.name.lower())
    return found


def _null_or(compute: Callable[..., Any]) -> Callable[[exp.Expression, _Of, list[Row]], Any]:
    def rule(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
        both = of(node.this), of(node.expression)
        return None if None in both else compute(*both)

    return rule


def _and(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    left = of(node.left)
    # As in SQL, what is on the left may guard what is on the right.
    return left if left is False else min(left, of(node.right), key=_doubt)


def _or(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    left = of(node.left)
    return left if left is True else max(left, of(node.right), key=_doubt)


def _doubt(truth: Any) -> int:
    return {False: 0, None: 1, True: 2}[truth]


def _ordered(found: Any) -> Any:
    if not isinstance(found, ipaddress.IPv4Address | ipaddress.IPv6Address):
        return found
    return int(found) + (0xFFFF << 32 if found.version == 4 else 0)


def _not(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    truth = of(node.this)
    return None if truth is None else not truth


def _in(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    found = of(node.this)
    return None if found is None else found in {of(item) for item in node.expressions}


def _between(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    found = of(node.this)
    return None if found is None else of(node.args["low"]) <= found <= of(node.args["high"])


def _matches(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    text = of(node.this)
    return (
        None if text is None else _like(text, of(node.expression)) != bool(node.args.get("negate"))
    )


def _escape(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    text, pattern = of(node.this.this), of(node.this.expression)
    return None if text is None else _like(text, pattern, of(node.expression))


def _like(text: str, pattern: str, escape: str = "") -> bool:
    parts, characters = [], iter(pattern)
    for character in characters:
        if character == escape:
            parts.append(re.escape(next(characters)))
        else:
            parts.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _cast(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    found, kind = of(node.this), node.to.sql("athena").upper()
    if found is None:
        return None
    if kind == "DATE":
        return _day(found)
    assert kind == "IPADDRESS"
    return ipaddress.ip_address(found)


def _day(found: Any) -> date:
    return found if isinstance(found, date) else date.fromisoformat(found)


def _scalar(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    found = _json(node, of)
    return None if isinstance(found, dict | list) else found


def _json(node: exp.Expression, of: _Of) -> Any:
    inner = node.this
    outer = _json(inner, of) if isinstance(inner, exp.JSONExtract) else of(inner)
    found = json.loads(outer) if isinstance(outer, str) else outer
    for key in node.expression.find_all(exp.JSONPathKey):
        found = found.get(key.this) if isinstance(found, dict) else None
    return found


def _array_agg(node: exp.Expression, _of: _Of, rows: list[Row]) -> Any:
    inner = node.this.this if isinstance(node.this, exp.Order) else node.this
    distinct = isinstance(inner, exp.Distinct)
    inner = inner.expressions[0] if distinct else inner
    found = [value(inner, [row]) for row in rows]
    return sorted(set(found) if distinct else found, key=repr)


def _over(compute: Callable[[list[Any]], Any]) -> Callable[[exp.Expression, _Of, list[Row]], Any]:
    def rule(node: exp.Expression, _of: _Of, rows: list[Row]) -> Any:
        if isinstance(node.this, exp.Star):
            return compute(rows)
        found = [value(node.this, [row]) for row in rows]
        return compute([item for item in found if item is not None])

    return rule


def _contains(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    network, address = map(of, node.expressions)
    return None if address is None else address in ipaddress.ip_network(network)


def _split_part(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    text = of(node.this)
    parts = [] if text is None else text.split(of(node.args["delimiter"]))
    return (parts + [None] * 9)[of(node.args["part_index"]) - 1]


def _extract(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    text = of(node.this)
    found = None if text is None else re.search(of(node.expression), text)
    return found[of(node.args["group"])] if found else None


def _anonymous(node: exp.Expression, of: _Of, rows: list[Row]) -> Any:
    if node.name.lower() == "contains":
        return _contains(node, of, rows)
    assert node.name.lower() == "to_iso8601"
    moment = of(node.expressions[0])
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") if moment else None


def _moved(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    if isinstance(node, exp.DateAdd):
        return of(node.this) + timedelta(days=of(node.expression))
    return of(node.this) - timedelta(days=int(node.expression.this.name))


def _literal(node: exp.Expression, _of: _Of, _rows: list[Row]) -> Any:
    return node.name if node.is_string else int(node.name)


def _regexp_like(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    text = of(node.this)
    return None if text is None else re.search(of(node.expression), text) is not None


def _replaced(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    text = of(node.this)
    return None if text is None else text.replace(of(node.expression), "")


def _from_unixtime(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    seconds = of(node.this)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _same(node: exp.Expression, of: _Of, _rows: list[Row]) -> Any:
    return of(node.this)


_RULES: dict[type[exp.Expression], Callable[[exp.Expression, _Of, list[Row]], Any]] = {
    exp.Column: _column,
    exp.Dot: _column,
    exp.Literal: _literal,
    exp.Null: lambda _node, _of, _rows: None,
    exp.Alias: _same,
    exp.Paren: _same,
    exp.And: _and,
    exp.Or: _or,
    exp.Not: _not,
    exp.EQ: _null_or(lambda a, b: a == b),
    exp.NEQ: _null_or(lambda a, b: a != b),
    exp.GT: _null_or(lambda a, b: _ordered(a) > _ordered(b)),
    exp.GTE: _null_or(lambda a, b: _ordered(a) >= _ordered(b)),
    exp.LT: _null_or(lambda a, b: _ordered(a) < _ordered(b)),
    exp.LTE: _null_or(lambda a, b: _ordered(a) <= _ordered(b)),
    exp.Is: lambda node, of, _rows: of(node.this) is None,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _matches,
    exp.Escape: _escape,
    exp.RegexpLike: _regexp_like,
    exp.RegexpExtract: _extract,
    exp.SplitPart: _split_part,
    exp.Substring: lambda node, of, _rows: of(node.this)[
        of(node.args["start"]) - 1 : of(node.args["start"]) - 1 + of(node.args["length"])
    ],
    exp.Replace: _replaced,
    exp.JSONExtractScalar: _scalar,
    exp.Cast: _cast,
    exp.Date: lambda node, of, _rows: _day(of(node.this)),
    exp.Anonymous: _anonymous,
    exp.ArrayContains: lambda node, of, _rows: (
        None
        if of(node.expression) is None
        else of(node.expression) in ipaddress.ip_network(of(node.this))
    ),
    exp.UnixToTime: _from_unixtime,
    exp.CurrentDate: lambda _node, _of, _rows: datetime.now(UTC).date(),
    exp.CurrentTimestamp: lambda _node, _of, _rows: datetime.now(UTC),
    exp.DateAdd: _moved,
    exp.Sub: _moved,
    exp.Neg: lambda node, of, _rows: -of(node.this),
    exp.TimeToStr: lambda node, of, _rows: of(node.this).strftime(node.args["format"].name),
    exp.DayOfWeekIso: lambda node, of, _rows: of(node.this).isoweekday(),
    exp.Count: _over(len),
    exp.Sum: _over(lambda found: sum(found) if found else None),
    exp.Min: _over(lambda found: min(found, default=None)),
    exp.Max: _over(lambda found: max(found, default=None)),
    exp.ArrayAgg: _array_agg,
}
