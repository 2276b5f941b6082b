"""Arguments that a macro repeats, computed once: else nesting would multiply them.

DuckDB puts the argument itself into each place of a macro's parameter: of ``a/b/c/d/e/f`` it would
make a hundred thousand expressions. What is small is left as it is, since DuckDB is faster with it.
"""

import re
from collections import Counter
from functools import cache
from importlib import resources
from math import prod

from sqlglot import exp

MACROS = (resources.files("baseline.query") / "macros.sql").read_text(encoding="utf-8")
# Aggregates cannot be computed of what was put aside for a row.
_OF_ROWS = frozenset({"trino_every", "trino_map_agg", "trino_multimap_agg"})
# Expressions that a call may become, and of how many an argument is worth the putting aside.
_MOST, _WORTH = 1_000, 10
_MACRO = re.compile(r"^CREATE MACRO (\w+)\(([^)]*)\)(.*)$", re.MULTILINE)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\w+|[^\w\s]")
_WEIGHT = "weight"
_Copies = tuple[int, ...]


def call(name: str, arguments: list[exp.Expression]) -> exp.Anonymous:
    """``name(…)``; where that is a macro and would become too much, of arguments computed before.

    ``list_transform([{'a': x, 'b': y}], o -> name(o.a, o.b))[1]``: nothing of the query stands in
    the function but literals, so that it may be anything.
    """
    copies = _copies().get(name, ())
    weights = [_weight(argument) for argument in arguments]
    made = exp.Anonymous(this=name, expressions=arguments)
    grown = [n * weight for n, weight in zip(copies, weights, strict=False) if weight >= _WORTH]
    if sum(grown) <= _MOST or name in _OF_ROWS:
        made.meta[_WEIGHT] = 1 + sum(_times(copies, weights))
        return made
    put_aside = _of_put_aside(name, arguments)
    put_aside.meta[_WEIGHT] = sum(weights) + sum(copies)
    return put_aside


def _times(copies: _Copies, weights: list[int]) -> list[int]:
    rest = (1,) * (len(weights) - len(copies))
    return [n * weight for n, weight in zip((*copies, *rest), weights, strict=False)]


def _weight(node: exp.Expression) -> int:
    """About how many expressions DuckDB makes of ``node``."""
    total, left = 0, [node]
    while left:
        one = left.pop()
        known = one.meta.get(_WEIGHT)
        total += known or 1
        if known is None:
            left.extend(one.iter_expressions())
    return total


def _of_put_aside(name: str, arguments: list[exp.Expression]) -> exp.Anonymous:
    fields: list[exp.Expression] = []
    given: list[exp.Expression] = []
    for number, argument in enumerate(arguments):
        if isinstance(argument, exp.Literal | exp.Null | exp.Interval):
            given.append(argument)
            continue
        field = f"a{number}"
        key = exp.PropertyEQ(this=exp.to_identifier(field), expression=argument)
        fields.append(key)
        given.append(exp.column(field, table="o"))
    row = exp.Struct(expressions=fields)
    function = exp.Lambda(
        this=exp.Anonymous(this=name, expressions=given), expressions=[exp.to_identifier("o")]
    )
    each = exp.Anonymous(
        this="list_transform",
        expressions=[exp.Anonymous(this="list_value", expressions=[row]), function],
    )
    return exp.Anonymous(this="list_extract", expressions=[each, exp.Literal.number(1)])


@cache
def _copies() -> dict[str, _Copies]:
    """How often a macro repeats each of its arguments; of one with forms, in all of them."""
    found: dict[str, _Copies] = {}
    for name, parameters, body in _MACRO.findall(MACROS):
        names = [parameter.split()[0] for parameter in parameters.split(",") if parameter]
        # A later form may have more of them; they are called alike.
        names += [n for n in re.findall(r"\b[a-z]\b", body) if n not in names]
        counted = _counted(body, found)
        found[name] = tuple(counted[parameter] for parameter in dict.fromkeys(names))
    return found


def _counted(body: str, known: dict[str, _Copies]) -> Counter[str]:
    """How often each word is there when the macros in ``body`` are put in."""
    words: Counter[str] = Counter()
    around: list[tuple[_Copies, int]] = []  # each bracket that is open: its macro and argument
    before = ""
    for found in _TOKEN.findall(body):
        if found in "([{":
            around.append((known.get(before, ()), 0))
        elif found in ")]}":
            around.pop()
        elif found == "," and around:
            copies, number = around[-1]
            around[-1] = copies, number + 1
        elif before != ".":
            words[found] += prod(c[number] if number < len(c) else 1 for c, number in around)
        before = found
    return words
