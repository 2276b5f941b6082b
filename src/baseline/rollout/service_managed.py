"""Service-managed StackSets: CloudFormation's own roles, and accounts by their units. Pure.

They deploy by themselves to accounts that come into their units, the root or OUs. What they cannot
do [CloudFormation User Guide, "Create StackSets with service-managed permissions"]: reach the main
account, which so keeps self-managed ones; give accounts that come later parameters of their own;
and, when deploying automatically, heed that some accounts are left out.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseline.rollout import inviting

# Beside the StackSet of the same template for the main account.
_SUFFIX = "-service-managed"


@dataclass(frozen=True)
class Automation:
    """What a StackSet does by itself when an account comes or leaves.

    ``keeps_stacks`` is whether stacks stay where an account leaves; ``after`` are the names of the
    StackSets that have to be done before it.
    """

    on: bool
    keeps_stacks: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceManaged:
    """What is wanted. ``units`` are ids, ``inside`` all members in these, also unwanted ones.

    ``regions`` are those in which accounts that come later get an instance.
    """

    units: tuple[str, ...]
    inside: frozenset[str]
    regions: frozenset[str]
    automation: Automation


@dataclass(frozen=True)
class Managing:
    """What a service-managed StackSet does by itself as it is, with the regions of each unit."""

    automation: Automation
    regions: Mapping[str, frozenset[str]]


def named(name: str) -> str:
    """What the service-managed StackSet of a template is called."""
    return f"{name}{_SUFFIX}"


def is_one(name: str) -> bool:
    """Whether a StackSet is service-managed, by its name."""
    return name.endswith(_SUFFIX)


def namesakes(name: str) -> tuple[str, str]:
    """The two StackSets of one template: for the main account, or mode self-managed; and the other.

    While one mode goes over to the other, either may have an account's stack.
    """
    return family(name), named(family(name))


def family(name: str) -> str:
    """The name by which a stack or StackSet is chosen: its template's."""
    return inviting.family(name.removesuffix(_SUFFIX))


def targets(managed: ServiceManaged, accounts: Collection[str]) -> dict[str, Any]:
    """``accounts`` as StackSets takes them: units, narrowed by the shorter list of accounts."""
    units = {"OrganizationalUnitIds": list(managed.units)}
    left_out = managed.inside - set(accounts)
    if not left_out:
        return units
    if len(left_out) < len(accounts):
        return {**units, "Accounts": sorted(left_out), "AccountFilterType": "DIFFERENCE"}
    return {**units, "Accounts": sorted(accounts), "AccountFilterType": "INTERSECTION"}


def missing(managed: ServiceManaged, found: Managing | None) -> dict[str, frozenset[str]]:
    """The regions of each unit in which accounts that come later would get nothing."""
    there = found.regions if found else {}
    wanted = {unit: managed.regions - there.get(unit, frozenset()) for unit in managed.units}
    return {unit: regions for unit, regions in wanted.items() if regions}


def differences(managed: ServiceManaged, found: Managing | None) -> Iterator[str]:
    """How what a StackSet does by itself differs from what is wanted, in words."""
    wanted, there = managed.automation, found.automation if found else Automation(on=False)
    if wanted.on != there.on:
        yield f"automatic deployment: {_switch(there.on)} → {_switch(wanted.on)}"
    elif wanted.on and wanted.keeps_stacks != there.keeps_stacks:
        yield f"stacks of accounts that leave: {_fate(there)} → {_fate(wanted)}"
    if wanted.on and set(wanted.after) != set(there.after):
        yield f"deploys after: {_listed(there.after)} → {_listed(wanted.after)}"
    for unit, regions in sorted(missing(managed, found).items()) if wanted.on else ():
        yield f"accounts that come into {unit} get nothing in {', '.join(sorted(regions))}"


def beyond(managed: ServiceManaged, found: Managing) -> list[str]:
    """The units that a StackSet deploys to by itself and should not."""
    on = found.automation.on
    return sorted(found.regions.keys() - set(managed.units)) if on else []


def _switch(on: bool) -> str:  # noqa: FBT001  # there is nothing else it could be
    return "on" if on else "off"


def _fate(automation: Automation) -> str:
    return "kept" if automation.keeps_stacks else "deleted"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "(none)"
