"""Which events a trail asks for: event selectors, basic and advanced."""

from collections.abc import Callable, Mapping
from typing import Any

DEFAULT: tuple[dict[str, Any], ...] = (
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    },
)

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def selects(
    basic: list[dict[str, Any]], advanced: list[dict[str, Any]], event: Mapping[str, Any]
) -> bool:
    """Whether an event is recorded; a trail without selectors records management events."""
    if advanced and not basic:
        return any(_all_fields(one.get("FieldSelectors", []), event) for one in advanced)
    return any(_basic(one, event) for one in basic or DEFAULT)


def _basic(selector: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted != "All" and (wanted == "ReadOnly") != event["readOnly"]:
        return False
    if event["managementEvent"]:
        excluded = selector.get("ExcludeManagementEventSources") or []
        included = selector.get("IncludeManagementEvents", True)
        return bool(included) and event["eventSource"] not in excluded
    return any(_data(one, event) for one in selector.get("DataResources") or [])


def _data(selected: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    prefixes = tuple(value.removesuffix("*") for value in selected.get("Values") or [])
    return any(
        resource.get("type") == selected.get("Type")
        and resource.get("ARN", "").startswith(prefixes)
        for resource in event.get("resources") or []
    )


def _all_fields(fields: list[dict[str, Any]], event: Mapping[str, Any]) -> bool:
    return all(_field(field, _values(field["Field"], event)) for field in fields)


def _values(field: str, event: Mapping[str, Any]) -> list[str]:
    if field.startswith("resources."):
        name = field.removeprefix("resources.")
        return [resource.get(name, "") for resource in event.get("resources") or []]
    value = event.get(field, "")
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _field(field: Mapping[str, Any], values: list[str]) -> bool:
    for name, holds in _COMPARISONS.items():
        hit = [any(holds(value, want) for value in values) for want in field.get(name) or []]
        miss = [
            any(holds(value, not_) for value in values) for not_ in field.get(f"Not{name}") or []
        ]
        if any(miss) or (hit and not any(hit)):
            return False
    return True
