"""Policies compared by what they say, not by how they are written. Pure."""

import json
from collections.abc import Iterator
from typing import Any


def differences(found: Any, wanted: Any, name: str) -> Iterator[str]:
    """How the policy ``name`` as ``found`` differs from ``wanted``, by statement; both parsed."""
    there, should = _statements(found), _statements(wanted)
    yield from (f"{name} has not: {should[key]}" for key in should if key not in there)
    yield from (f"{name} also has: {there[key]}" for key in there if key not in should)


def _statements(policy: Any) -> dict[str, str]:
    """The statements in one way of writing, each with what to call it."""
    return {
        json.dumps({k: _normal(v) for k, v in s.items() if k != "Sid"}, sort_keys=True): _called(s)
        for s in _listed(policy.get("Statement", []))
    }


def _normal(value: Any) -> Any:
    """One value is a list of one, the order of a list means nothing, and true is "true"."""
    if isinstance(value, dict):
        return {key: _normal(part) for key, part in value.items()}
    return sorted(v if isinstance(v, str) else json.dumps(v) for v in _listed(value))


def _called(statement: Any) -> str:
    actions = statement.get("Action") or f"all but {statement.get('NotAction')}"
    name = statement.get("Sid") or ", ".join(_listed(actions)[:3])
    return f"{statement.get('Effect')} {name}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
