"""The text of a template: JSON, or YAML with CloudFormation's short tags, as plain values.

Source: AWS CloudFormation User Guide, "Template formats" and "Intrinsic function reference".
"""

import json
from typing import Any

import yaml

from baseline.simulation.service import Refusal

# Short tags whose long form has no "Fn::".
_BARE = {"Ref", "Condition"}
_FUNCTIONS = frozenset(
    (
        "Ref", "Condition", "Sub", "GetAtt", "If", "Join", "Select", "Split", "FindInMap",
        "Equals", "And", "Or", "Not", "ImportValue", "Base64", "Cidr", "GetAZs", "Transform",
        "ToJsonString", "Length",
    )
)  # fmt: skip
_UNRESOLVED = ("tag:yaml.org,2002:timestamp",)


def load(body: str) -> dict[str, Any]:
    """The template in ``body`` with all functions in their long form; else a refusal."""
    data = _json(body) if body.lstrip().startswith("{") else _yaml(body)
    if not isinstance(data, dict):
        raise _refused("unsupported structure.")
    return data


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        place = f"(line {getattr(error, 'lineno', 1)}, column {getattr(error, 'colno', 1)})"
        raise _refused(f"JSON not well-formed. {place}") from None


def _yaml(body: str) -> Any:
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506  # a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise _refused(f"YAML not well-formed.{place}") from None
    except yaml.YAMLError:
        raise _refused("YAML not well-formed.") from None


def _refused(what: str) -> Refusal:
    return Refusal("ValidationError", f"Template format error: {what}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C or Python
    """Knows the short tags. Dates stay text: a policy's Version is "2012-10-17"."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _UNRESOLVED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix not in _FUNCTIONS:
        raise yaml.constructor.ConstructorError(
            None, None, f"unknown tag !{suffix}", node.start_mark
        )
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # no fourth kind
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _BARE else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)
