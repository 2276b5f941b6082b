"""Intrinsic functions: what a template's values become in one account and region.

Source: AWS CloudFormation User Guide, "Intrinsic function reference" and "Pseudo parameters".
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from baseline.simulation.cloudformation.parameters import text
from baseline.simulation.service import Refusal

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName",
        "URLSuffix",
    )
)  # fmt: skip

_PLACEHOLDER = re.compile(r"\$\{([^!][^}]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")
_DYNAMIC = "{{resolve:"


class _NoValue:
    """What AWS::NoValue stands for: the property, or the list's item, is not there."""


NO_VALUE = _NoValue()


@dataclass(frozen=True)
class Made:
    """What a resource is known by once it exists: ``Ref`` gives ``id``, ``GetAtt`` an attribute."""

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    # What Ref gives, for the types where that is not the physical id.
    reference: str | None = None


@dataclass(frozen=True)
class Scope:
    """All that names in a template can mean, at one moment of one stack's deployment."""

    values: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, bool]
    resources: Mapping[str, Made]
    imports: Callable[[str], str]
    zones: Callable[[str], list[str]]

    def reference(self, name: str) -> Any:
        """What ``Ref`` gives for a parameter, a pseudo parameter or a resource."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values:
            return self.values[name]
        made = self._resource(name)
        return made.id if made.reference is None else made.reference

    def attribute(self, name: str, attribute: str) -> Any:
        """What ``GetAtt`` gives; refuses an attribute that the type has not got."""
        attributes = self._resource(name).attributes
        if attribute not in attributes:
            raise _refused(
                f"Template error: resource {name} does not support attribute type "
                f"{attribute} in Fn::GetAtt"
            )
        return attributes[attribute]

    def _resource(self, name: str) -> Made:
        if name not in self.resources:
            raise _refused(
                f"Template format error: Unresolved resource dependencies [{name}] in "
                "the Resources block of the template"
            )
        return self.resources[name]


def resolve(value: Any, scope: Scope) -> Any:
    """``value`` with every function replaced by its result, and AWS::NoValue left out."""
    if isinstance(value, list):
        items = (resolve(item, scope) for item in value)
        return [item for item in items if item is not NO_VALUE]
    if isinstance(value, str) and _DYNAMIC in value:
        raise _refused(f"Dynamic references are not simulated: {value}")
    if not isinstance(value, dict):
        return value
    called = function(value)
    if called:
        return _FUNCTIONS[called](value[called], scope)
    members = ((name, resolve(item, scope)) for name, item in value.items())
    return {name: item for name, item in members if item is not NO_VALUE}


def function(value: Any) -> str | None:
    """The function that ``value`` calls, if it is a call; refuses one that does not exist."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    (name,) = value
    if not (name == "Ref" or (isinstance(name, str) and name.startswith("Fn::"))):
        return None
    if name not in _FUNCTIONS:
        raise _refused(f"Template error: {name} is no function that is simulated")
    return str(name)


def references(value: Any) -> Iterator[tuple[str, str | None]]:
    """Every name that ``value`` refers to, with the attribute for ``GetAtt`` and ``Sub``."""
    called = function(value)
    if called == "Ref":
        yield str(value["Ref"]), None
    elif called == "Fn::GetAtt":
        yield _attribute_parts(value[called])
    elif called == "Fn::Sub":
        yield from _substituted(value[called])
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def condition(body: Any, conditions: Mapping[str, Any], scope: Scope) -> bool:
    """Whether the condition ``body`` holds; ``conditions`` are the bodies it may name."""
    if not isinstance(body, dict) or len(body) != 1:
        raise _refused(
            "Template format error: Conditions can only be boolean operations on "
            "parameters and other conditions"
        )
    ((name, argument),) = body.items()
    if name == "Condition":
        if argument not in conditions:
            raise _refused(f"Template format error: Unresolved condition dependency {argument}")
        return condition(conditions[argument], conditions, scope)
    return _combined(name, argument, lambda part: condition(part, conditions, scope), scope)


def _combined(name: str, argument: Any, holds: Callable[[Any], bool], scope: Scope) -> bool:
    match name:
        case "Fn::Equals":
            left, right = (resolve(part, scope) for part in argument)
            return text(left) == text(right)
        case "Fn::And":
            return all(holds(part) for part in argument)
        case "Fn::Or":
            return any(holds(part) for part in argument)
        case "Fn::Not":
            return not holds(argument[0])
    raise _refused(f"Template format error: {name} is no condition")


def _substituted(argument: Any) -> Iterator[tuple[str, str | None]]:
    template, given = (argument, {}) if isinstance(argument, str) else argument
    yield from references(list(given.values()))
    for name in _PLACEHOLDER.findall(template):
        if name.strip() not in given:
            logical, _, attribute = name.strip().partition(".")
            yield logical, attribute or None


def _attribute_parts(argument: Any) -> tuple[str, str]:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return str(name), attribute


def _ref(argument: Any, scope: Scope) -> Any:
    return scope.reference(argument)


def _get_att(argument: Any, scope: Scope) -> Any:
    name, attribute = _attribute_parts(argument)
    return scope.attribute(name, resolve(attribute, scope))


def _sub(argument: Any, scope: Scope) -> str:
    template, given = (argument, {}) if isinstance(argument, str) else argument
    own = resolve(given, scope)

    def replacement(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name in own:
            return text(own[name])
        logical, _, attribute = name.partition(".")
        return text(scope.attribute(logical, attribute) if attribute else scope.reference(name))

    return _LITERAL.sub(r"${\1}", _PLACEHOLDER.sub(replacement, template))


def _if(argument: Any, scope: Scope) -> Any:
    name, then, otherwise = argument
    if name not in scope.conditions:
        raise _refused(f"Template error: unresolved condition dependency {name} in Fn::If")
    return resolve(then if scope.conditions[name] else otherwise, scope)


def _join(argument: Any, scope: Scope) -> str:
    delimiter, parts = argument
    return text(delimiter).join(text(part) for part in resolve(parts, scope))


def _select(argument: Any, scope: Scope) -> Any:
    index, items = (resolve(part, scope) for part in argument)
    try:
        return items[int(index)]
    except IndexError:
        raise _refused(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        ) from None


def _split(argument: Any, scope: Scope) -> list[str]:
    delimiter, value = argument
    return text(resolve(value, scope)).split(delimiter)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    name, top, second = (resolve(part, scope) for part in argument[:3])
    try:
        return scope.mappings[name][top][second]
    except KeyError:
        raise _refused(
            f"Template error: Unable to get mapping for {name}::{top}::{second}"
        ) from None


def _import_value(argument: Any, scope: Scope) -> str:
    return scope.imports(resolve(argument, scope))


def _base64(argument: Any, scope: Scope) -> str:
    return base64.b64encode(text(resolve(argument, scope)).encode()).decode()


def _cidr(argument: Any, scope: Scope) -> list[str]:
    block, count, *bits = (resolve(part, scope) for part in argument)
    network = ipaddress.ip_network(block)
    prefix = network.max_prefixlen - int(bits[0] if bits else 8)
    return [
        str(part)
        for part, _ in zip(network.subnets(new_prefix=prefix), range(int(count)), strict=False)
    ]


def _get_azs(argument: Any, scope: Scope) -> list[str]:
    return scope.zones(resolve(argument, scope) or scope.values["AWS::Region"])


def _to_json_string(argument: Any, scope: Scope) -> str:
    return json.dumps(resolve(argument, scope), separators=(",", ":"))


def _length(argument: Any, scope: Scope) -> int:
    return len(resolve(argument, scope))


def _boolean(name: str) -> Callable[[Any, Scope], Any]:
    def refuse(_argument: Any, _scope: Scope) -> Any:
        raise _refused(f"Template error: {name} is only allowed in Conditions")

    return refuse


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::GetAZs": _get_azs,
    "Fn::ToJsonString": _to_json_string,
    "Fn::Length": _length,
    **{name: _boolean(name) for name in ("Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not")},
}


def _refused(message: str) -> Refusal:
    return Refusal("ValidationError", message)
