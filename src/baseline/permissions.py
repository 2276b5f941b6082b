"""What the statements of a policy document say of a request. Pure.

Three-valued: a condition or a resource of which nothing can be said is None, never "no"
[IAM User Guide, "IAM JSON policy elements reference"].
"""

import datetime as dt
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

Statement = Mapping[str, Any]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL = ("*", "?", "$")


@dataclass(frozen=True)
class Request:
    """An action on a resource: an ARN, a pattern that stands for some, or "" for none at all.

    ``context`` are the condition keys that are known, in lower case, with a value or several. Of
    keys that begin with one of ``settled`` there is nothing beside them; of others, who knows.
    """

    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]]
    settled: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def statements(document: str | bytes) -> tuple[Statement, ...]:
    """The statements of a policy; raises ValueError for what is no policy."""
    said = json.loads(document)
    if not isinstance(said, Mapping) or "Statement" not in said:
        raise ValueError("there is no Statement")
    return tuple(listed(said["Statement"]))


@lru_cache(maxsize=65_536)
def concerning(document: str, action: str) -> tuple[Statement, ...]:
    """The statements of a policy that are about an action, on whatever resource."""
    return tuple(s for s in statements(document) if about(s, action))


def applies(statement: Statement, request: Request) -> bool | None:
    """Whether a statement is about ``request``; None where it cannot be told."""
    return about(statement, request.action) and holds(statement, request)


def about(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action, on whatever resource."""
    if "NotAction" in statement:
        return not _any_matches(action.lower(), statement["NotAction"], lower=True)
    return _any_matches(action.lower(), statement.get("Action", ()), lower=True)


def holds(statement: Statement, request: Request) -> bool | None:
    """Whether resource and conditions of a statement fit, which is about the action."""
    return _all((_on(statement, request), *conditions(statement.get("Condition", {}), request)))


def conditions(block: Mapping[str, Mapping[str, Any]], request: Request) -> Iterator[bool | None]:
    """Whether each condition of a block holds."""
    for operator, keys in block.items():
        for key, values in keys.items():
            yield _condition(operator, key.lower(), listed(values), request)


def listed(value: Any) -> list[Any]:
    """What may be written as one or as a list, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _all(answers: Iterable[bool | None]) -> bool | None:
    answers = tuple(answers)
    if False in answers:
        return False
    return None if None in answers else True


def _on(statement: Statement, request: Request) -> bool | None:
    if "NotResource" in statement:
        inside = _within(request, listed(statement["NotResource"]))
        return None if inside is None else not inside
    return _within(request, listed(statement.get("Resource", "*")))


def _within(request: Request, patterns: Iterable[str]) -> bool | None:
    """Whether all that the resource stands for is meant by one of the patterns, or none of it."""
    filled = [_filled(pattern, request) for pattern in patterns]
    if any(pattern is not None and fits(request.resource, pattern) for pattern in filled):
        return True
    if None in filled:
        return None
    stands_for_several = "*" in request.resource or "?" in request.resource
    overlap = stands_for_several and any(_arns_overlap(request.resource, str(p)) for p in filled)
    return None if overlap else False


def _arns_overlap(one: str, other: str) -> bool:
    """By their segments: what stands for an account does not reach into the resource's name."""
    segments = (one.split(":", 5), other.split(":", 5))
    if len(segments[0]) != len(segments[1]):
        return _overlap(one, other)
    return all(map(_overlap, *segments))


@lru_cache(maxsize=4096)
def _overlap(one: str, other: str) -> bool:
    """Whether some text fits both patterns of ``*`` and ``?``."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return _overlap(one[1:], other) or _overlap(one, other[1:])
    if other[0] == "*":
        return _overlap(one, other[1:]) or _overlap(one[1:], other)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and _overlap(one[1:], other[1:])


def _filled(text: Any, request: Request) -> str | None:
    """A text with its policy variables in place; None when the value of one is not known."""
    written = _text(text)
    if "${" not in written:
        return written
    values: list[str | None] = [_value(name, request) for name in _VARIABLE.findall(written)]
    if None in values:
        return None
    found = iter(values)
    return _VARIABLE.sub(lambda _: str(next(found)), written)


def _value(variable: str, request: Request) -> str | None:
    if variable in _LITERAL:
        return variable
    name, _, default = variable.partition(",")
    found = request.context.get(name.strip().lower())
    if isinstance(found, str):
        return found
    return default.strip().strip("'") or None


def _text(value: Any) -> str:
    """As JSON writes it: a document may say true where "true" is meant."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(operator: str, key: str, values: list[Any], request: Request) -> bool | None:
    """Whether one key is as an operator demands."""
    quantifier, _, name = operator.rpartition(":")
    plain = name.removesuffix("IfExists")
    found = request.context.get(key)
    if found is None and not key.startswith(request.settled):
        return None
    if plain == "Null":
        return (found is None) == (_text(values[0]).lower() == "true")
    test = _TESTS.get(plain.replace("Not", "", 1))
    wanted = [_filled(value, request) for value in values]
    if test is None or None in wanted:
        return None
    negated = "Not" in plain
    if found is None:
        return quantifier == "ForAllValues" or (
            quantifier != "ForAnyValue" and (negated or name != plain)
        )
    fit = [any(test(one, str(w)) for w in wanted) != negated for one in listed(found)]
    return any(fit) if quantifier == "ForAnyValue" else all(fit)


def _any_matches(text: str, patterns: Any, *, lower: bool = False) -> bool:
    return any(
        fits(text, str(pattern).lower() if lower else str(pattern)) for pattern in listed(patterns)
    )


@lru_cache(maxsize=65_536)
def fits(text: str, pattern: str) -> bool:
    """Whether a text fits a pattern. IAM knows ``*`` and ``?``, and no sets in brackets."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _equal(found: str, wanted: str) -> bool:
    return found == wanted


def _same(found: str, wanted: str) -> bool:
    return found.lower() == wanted.lower()


def _in_network(found: str, wanted: str) -> bool:
    return _tried(lambda: ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False))


def _ordered(
    read: Callable[[str], Any], compare: Callable[[Any, Any], bool]
) -> Callable[[str, str], bool]:
    return lambda found, wanted: _tried(lambda: compare(read(found), read(wanted)))


def _tried(question: Callable[[], bool]) -> bool:
    """What cannot be read is not what is wanted."""
    try:
        return question()
    except (ValueError, TypeError):
        return False


def _date(text: str) -> dt.datetime:
    if text.isdigit():
        return dt.datetime.fromtimestamp(int(text), dt.UTC)
    read = dt.datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda one, other: one == other,
    "LessThan": lambda one, other: one < other,
    "LessThanEquals": lambda one, other: one <= other,
    "GreaterThan": lambda one, other: one > other,
    "GreaterThanEquals": lambda one, other: one >= other,
}
# By operator; those with "Not" in their names are the same, turned round.
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _same,
    "StringLike": fits,
    "ArnEquals": fits,  # "ArnEquals and ArnLike behave identically" [IAM User Guide]
    "ArnLike": fits,
    "Bool": _same,
    "IpAddress": _in_network,
    **{f"Numeric{name}": _ordered(float, compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _ordered(_date, compare) for name, compare in _COMPARISONS.items()},
}
