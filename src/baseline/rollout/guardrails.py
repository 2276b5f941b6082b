"""What service control policies deny an identity in a member account. Pure.

Three-valued: a condition or a resource of which nothing can be said here is None, never "no"
[Organizations User Guide, "SCP evaluation"; IAM User Guide, "IAM JSON policy elements"].
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain
from typing import Any


@dataclass(frozen=True)
class Policy:
    """A service control policy: its name, and its statements as they are written."""

    name: str
    statements: tuple[Mapping[str, Any], ...]

    @property
    def open(self) -> bool:
        """Whether it allows everything and denies nothing, as FullAWSAccess does."""
        said = [{k: v for k, v in s.items() if k != "Sid"} for s in self.statements]
        return said == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


@dataclass(frozen=True)
class Request:
    """An action of an identity, on resources that a pattern stands for.

    ``context`` are the condition keys that are known, in lower case.
    """

    action: str
    resource: str
    context: Mapping[str, str]


@dataclass(frozen=True)
class Denial:
    """What denies a request, in words; ``certain`` is False where it cannot be told whether."""

    why: str
    certain: bool


def denial(levels: Iterable[tuple[str, Sequence[Policy]]], request: Request) -> Denial | None:
    """What denies ``request``: a statement, or a level on which nothing allows it.

    ``levels`` are the root, the units and the account, each with the policies attached to it.
    """
    doubt = None
    for level, policies in levels:
        for found in chain(_denials(policies, request), _not_allowed(level, policies, request)):
            if found.certain:
                return found
            doubt = doubt or found
    return doubt


def _denials(policies: Iterable[Policy], request: Request) -> Iterator[Denial]:
    for policy in policies:
        for statement in policy.statements:
            if statement.get("Effect") != "Deny":
                continue
            applies = _applies(statement, request)
            if applies is False:
                continue
            said = f" ({statement['Sid']})" if statement.get("Sid") else ""
            by = f"service control policy {policy.name}{said}"
            yield Denial(by, certain=True) if applies else _doubt(f"whether {by} denies it")


def _not_allowed(level: str, policies: Sequence[Policy], request: Request) -> Iterator[Denial]:
    """On every level that has policies, one of them has to allow the request."""
    answers = {policy.name: _allows(policy, request) for policy in policies}
    if not policies or True in answers.values():
        return
    perhaps = [name for name, allows in answers.items() if allows is None]
    if perhaps:
        yield _doubt(f"whether service control policy {perhaps[0]} allows it")
    else:
        yield Denial(f"no service control policy of {level} allows it", certain=True)


def _doubt(what: str) -> Denial:
    return Denial(f"{what}, cannot be told from here", certain=False)


def _allows(policy: Policy, request: Request) -> bool | None:
    answers = {
        _applies(statement, request)
        for statement in policy.statements
        if statement.get("Effect") == "Allow"
    }
    return True if True in answers else None if None in answers else False


def _applies(statement: Mapping[str, Any], request: Request) -> bool | None:
    """Whether a statement is about ``request``; None where it cannot be told."""
    if not _about(statement, request.action.lower()):
        return False
    return _all(
        (
            _on(statement, request.resource),
            *_conditions(statement.get("Condition", {}), request.context),
        )
    )


def _all(answers: Iterable[bool | None]) -> bool | None:
    answers = tuple(answers)
    if False in answers:
        return False
    return None if None in answers else True


def _about(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _any_matches(action, statement["NotAction"], lower=True)
    return _any_matches(action, statement.get("Action", ()), lower=True)


def _on(statement: Mapping[str, Any], resource: str) -> bool | None:
    if "NotResource" in statement:
        inside = _within(resource, _listed(statement["NotResource"]))
        return None if inside is None else not inside
    return _within(resource, _listed(statement.get("Resource", "*")))


def _within(resource: str, patterns: Iterable[str]) -> bool | None:
    """Whether all that ``resource`` stands for is meant by one of the patterns, or none of it."""
    patterns = tuple(patterns)
    if any(_fits(resource, pattern) for pattern in patterns):
        return True
    return None if any(_arns_overlap(resource, pattern) for pattern in patterns) else False


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


def _conditions(
    block: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]
) -> Iterator[bool | None]:
    for operator, keys in block.items():
        for key, values in keys.items():
            yield _condition(operator, context.get(key.lower()), tuple(_listed(values)))


_SAME = {"StringEquals", "ArnEquals", "StringLike", "ArnLike", "StringEqualsIgnoreCase"}


def _condition(operator: str, found: str | None, values: tuple[str, ...]) -> bool | None:
    plain = operator.removesuffix("IfExists")
    positive = plain.replace("Not", "")
    if found is None or positive not in _SAME or any("${" in str(v) for v in values):
        return None
    exact = positive == "StringEquals"
    lower = positive == "StringEqualsIgnoreCase"
    same = found in values if exact else _any_matches(found, values, lower=lower)
    return same is ("Not" not in plain)


def _any_matches(text: str, patterns: Any, *, lower: bool = False) -> bool:
    text = text.lower() if lower else text
    return any(
        _fits(text, str(pattern).lower() if lower else str(pattern))
        for pattern in _listed(patterns)
    )


@lru_cache(maxsize=65_536)
def _fits(text: str, pattern: str) -> bool:
    """IAM knows ``*`` and ``?``, and no sets in brackets."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
