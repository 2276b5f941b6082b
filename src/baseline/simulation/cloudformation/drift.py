"""Drift: how resources are, read through the account's own API, against what their stack says.

Only what a template says is compared, and only of types that can be read [AWS CloudFormation User
Guide, "Detect unmanaged configuration changes to stacks and resources"].
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from baseline.errors import AwsError, DeniedError
from baseline.simulation.cloudformation.history import History, Surroundings
from baseline.simulation.cloudformation.provider import gone
from baseline.simulation.cloudformation.records import Stack, StackResource

IN_SYNC, MODIFIED, DELETED, UNKNOWN = "IN_SYNC", "MODIFIED", "DELETED", "UNKNOWN"


@dataclass(frozen=True)
class Difference:
    """One property that is otherwise: its path like ``/Tags/0``, and None for what is not there."""

    path: str
    expected: Any
    actual: Any

    @property
    def kind(self) -> str:
        """ADD for what the template has not, REMOVE for what is missing."""
        if self.expected is None:
            return "ADD"
        return "REMOVE" if self.actual is None else "NOT_EQUAL"


@dataclass(frozen=True)
class ResourceDrift:
    """What was found of one resource."""

    name: str
    type: str
    physical_id: str
    status: str
    checked: dt.datetime
    expected: Mapping[str, Any] = field(default_factory=dict)
    actual: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    reason: str = ""


def inspect(stack: Stack, world: Surroundings) -> Iterator[ResourceDrift]:
    """The resources of a stack that can be read; raises AwsError when AWS refuses to show one."""
    history = History(stack, world)
    for resource in list(stack.resources.values()):
        if resource.made and not resource.status.startswith("DELETE"):
            found = _inspected(resource, history)
            if found:
                yield found


def summed(drifts: tuple[ResourceDrift, ...]) -> str:
    """The status of a stack with such resources."""
    if any(has_drifted(drift) for drift in drifts):
        return "DRIFTED"
    # Also where nothing can be read [CloudFormation User Guide, "Drift status codes"].
    return UNKNOWN if any(drift.status == UNKNOWN for drift in drifts) else IN_SYNC


def has_drifted(drift: ResourceDrift) -> bool:
    """Whether the resource is otherwise than its template says."""
    return drift.status in (MODIFIED, DELETED)


def _inspected(resource: StackResource, history: History) -> ResourceDrift | None:
    provider, place = history.worker(resource)
    now = history.world.now()
    try:
        actual = provider.read(place, resource.physical, resource.properties)
    except AwsError as error:
        if isinstance(error, DeniedError):
            raise
        if not gone(error):
            return replace(_drift(resource, UNKNOWN, now), reason=error.what)
        return _drift(resource, DELETED, now)
    if actual is None:
        return None
    expected = {name: resource.properties.get(name) for name in actual}
    found = tuple(differences(expected, actual))
    status = MODIFIED if found else IN_SYNC
    return _drift(resource, status, now, resource.properties, actual, found)


def _drift(resource: StackResource, status: str, now: dt.datetime, *found: Any) -> ResourceDrift:
    return ResourceDrift(resource.name, resource.type, resource.physical_id, status, now, *found)


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[Difference]:
    """Where two values differ. What the template does not say is not compared."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name in expected:
            yield from differences(expected[name], actual.get(name), f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{path}/{number}")
    elif expected is not None and expected != actual:
        yield Difference(path, expected, actual)
