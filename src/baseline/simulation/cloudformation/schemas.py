"""What CloudFormation knows of a resource type: its properties, and which of them cannot change.

The schemas are the ones AWS publishes, as cfn-lint bundles them.
"""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from baseline.simulation.cloudformation.parameters import text

# Schemas differ a little from region to region; this one has every type.
_INDEX = "us-east-1.json"


@cache
def schema(type_name: str) -> Mapping[str, Any] | None:
    """The schema of a type, or None when AWS has no such type."""
    name = _names().get(type_name)
    if name is None:
        return None
    found: Mapping[str, Any] = json.loads((_folder() / "resources" / f"{name}.json").read_bytes())
    return found


@cache
def _names() -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads((_folder() / "providers" / _INDEX).read_bytes())
    return found


@cache
def _folder() -> Path:
    """Where the schemas are. Found without importing cfn-lint, which takes seconds."""
    found = importlib.util.find_spec("cfnlint")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "schemas"


@cache
def fixed_properties(type_name: str) -> frozenset[str]:
    """The properties whose change makes CloudFormation replace the resource.

    Like ``RoleName``, or ``TableInput/Name`` for a part of one.
    """
    pointers = (schema(type_name) or {}).get("createOnlyProperties") or ()
    return frozenset(pointer.removeprefix("/properties/") for pointer in pointers)


@cache
def tag_shape(type_name: str) -> str | None:
    """How a type takes tags in ``Tags``: "array", "object", or None when it does not."""
    known = schema(type_name) or {}
    tagging = known.get("tagging") or {}
    if not tagging.get("taggable") or "Tags" not in known["properties"]:
        return None
    kind = _followed(known["properties"]["Tags"], known).get("type")
    return "object" if kind == "object" else "array"


def typed(type_name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """``properties`` with text made a number or a truth value where the type wants one, and back.

    Parameters are text, and CloudFormation converts what they are used for.
    """
    known = schema(type_name) or {}
    return dict(_typed(properties, known, known))


def problems(type_name: str, properties: Mapping[str, Any]) -> list[str]:
    """What is wrong with resolved ``properties``, in CloudFormation's words; empty when nothing."""
    known = schema(type_name) or {}
    pointers = [pointer.split("/") for pointer in known.get("readOnlyProperties") or ()]
    read_only = {name for _, _, name, *deeper in pointers if not deeper}
    found = [
        f"#: extraneous key [{name}] is not permitted" for name in properties if name in read_only
    ]
    return [*found, *_problems(properties, known, known, "#")]


def _typed(value: Any, part: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    part = _followed(part, known)
    if isinstance(value, Mapping):
        known_properties = part.get("properties") or {}
        return {
            name: _typed(item, known_properties.get(name, {}), known)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_typed(item, part.get("items") or {}, known) for item in value]
    return _scalar(value, part.get("type"))


def _scalar(value: Any, kind: Any) -> Any:
    match kind, value:
        case "boolean", "true" | "false":
            return value == "true"
        case "integer", str() if value.lstrip("-").isdigit():
            return int(value)
        case "string", bool() | int() | float():
            return text(value)
    return value


def _problems(
    value: Any, part: Mapping[str, Any], known: Mapping[str, Any], path: str
) -> Iterator[str]:
    part = _followed(part, known)
    if isinstance(value, Mapping):
        yield from _object_problems(value, part, known, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _problems(item, part.get("items") or {}, known, f"{path}/{index}")
    elif part.get("enum") and str(value) not in map(str, part["enum"]):
        yield f"{path}: {value} is not a valid enum value"


def _object_problems(
    value: Mapping[str, Any], part: Mapping[str, Any], known: Mapping[str, Any], path: str
) -> Iterator[str]:
    properties = part.get("properties") or {}
    for name in part.get("required") or ():
        if name not in value:
            yield f"{path}: required key [{name}] not found"
    for name, item in value.items():
        if name in properties:
            yield from _problems(item, properties[name], known, f"{path}/{name}")
        elif part.get("additionalProperties") is False and not part.get("patternProperties"):
            yield f"{path}: extraneous key [{name}] is not permitted"


def _followed(part: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in part:
        target: Any = known
        for step in part["$ref"].split("/")[1:]:
            target = target[step]
        part = target
    return part
