"""Which accounts a service-managed StackSet means by organizational units and a filter of accounts.

Source: AWS CloudFormation API Reference, "DeploymentTargets".
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation.requests import invalid
from baseline.simulation.cloudformation.stack_set_records import StackSet
from baseline.simulation.organizations import backend

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

Meant = dict[str, str]  # accounts, each with the root or OU that it is meant by


def above(simulation: "Simulation", account_id: str) -> tuple[str, ...]:
    """The root and the OUs that an account is in, the innermost first; none outside of them."""
    levels = simulation.service("organizations").over(account_id)[:-1]
    return tuple(level.id for level in reversed(levels))


def reached(simulation: "Simulation", found: StackSet, targets: Mapping[str, Any]) -> Meant:
    """The accounts that instances are created in; never the main account."""
    if targets.get("AccountFilterType") == "UNION":
        raise invalid("AccountFilterType UNION is not supported for CreateStackInstances")
    _check_units(simulation, targets)
    main = simulation.blueprint.main.id
    there = {
        account: units
        for account in simulation.account_ids()
        if account != main and (units := above(simulation, account))
    }
    return _filtered(found, targets, there)


def held(
    simulation: "Simulation", found: StackSet, targets: Mapping[str, Any], *, updating: bool
) -> Meant:
    """The accounts of instances that are there; an update may name accounts without units."""
    there = {
        one.account_id: (one.unit, *above(simulation, one.account_id))
        for one in found.instances.values()
    }
    if updating and not targets.get("OrganizationalUnitIds"):
        return {account: "" for account in targets.get("Accounts") or () if account in there}
    return _filtered(found, targets, there)


def _filtered(
    found: StackSet, targets: Mapping[str, Any], there: Mapping[str, Iterable[str]]
) -> Meant:
    units, named = targets.get("OrganizationalUnitIds") or (), set(targets.get("Accounts") or ())
    if not units:
        raise invalid(
            f"OrganizationalUnitIds are required: StackSet {found.name} has SERVICE_MANAGED "
            "permissions"
        )
    if named and "AccountFilterType" not in targets:
        raise invalid("AccountFilterType must be specified with Accounts and OrganizationalUnitIds")
    inside = {
        account: next(unit for unit in units if unit in above_it)
        for account, above_it in there.items()
        if not set(units).isdisjoint(above_it)
    }
    match targets.get("AccountFilterType", "NONE"):
        case "INTERSECTION":
            return {account: unit for account, unit in inside.items() if account in named}
        case "DIFFERENCE":
            return {account: unit for account, unit in inside.items() if account not in named}
        case "UNION":
            return dict.fromkeys(named & there.keys(), "") | inside
    return inside


def _check_units(simulation: "Simulation", targets: Mapping[str, Any]) -> None:
    known = {unit.id for unit in backend(simulation.blueprint.main.id).ou}
    for unit in targets.get("OrganizationalUnitIds") or ():
        if unit not in known:
            raise invalid(f"Organizational unit {unit} is not in the organization")
