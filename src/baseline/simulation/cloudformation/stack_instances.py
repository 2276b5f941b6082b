"""Instances of StackSets: the operations of the API, and the accounts and regions that they mean.

Source: AWS CloudFormation API Reference and User Guide, "StackSets".
"""

from collections.abc import Iterable, Mapping

from baseline.simulation.cloudformation import parameters, units
from baseline.simulation.cloudformation import stack_set_descriptions as descriptions
from baseline.simulation.cloudformation.requests import Answer, invalid, page
from baseline.simulation.cloudformation.stack_set_operations import StackSetOperations
from baseline.simulation.cloudformation.stack_set_records import (
    FAILED_IMPORT,
    Instance,
    Key,
    Operation,
    StackSet,
)
from baseline.simulation.cloudformation.stacks import DECIDING
from baseline.simulation.cloudformation.template import parse
from baseline.simulation.service import Call, Refusal

_IMPORTED_AT_ONCE = 10  # by their ids


class StackInstances(StackSetOperations):
    """The part of CloudFormation that is about what StackSets have in accounts and regions."""

    def create_stack_instances(self, call: Call) -> Answer:
        """Begin to have the StackSet in more accounts and regions."""
        with DECIDING:
            found = self._set(call)
            keys = self._pairs(call, found, "CREATE")
            self._check_regions(call)
            overrides = _overrides(call, found, {})
            operation = self._operation(call, found, "CREATE", keys)
            for key, unit in keys.items():
                instance = found.instances.setdefault(key, Instance(*key))
                instance.overrides = overrides if overrides is not None else instance.overrides
                instance.unit = unit
            # A filter of accounts narrows what is done now, and not what is done automatically.
            for unit in operation.targets.get("OrganizationalUnitIds", ()):
                found.units.setdefault(unit, set()).update(call.parameters["Regions"])
        return self._begin(found, operation)

    def update_stack_instances(self, call: Call) -> Answer:
        """Begin to update instances with other parameters."""
        with DECIDING:
            found = self._set(call)
            keys = self._named(call, found)
            changed = {key: _overrides(call, found, found.instances[key].overrides) for key in keys}
            operation = self._operation(call, found, "UPDATE", operable(found, keys))
            for key, overrides in changed.items():
                if overrides is not None:
                    found.instances[key].overrides = overrides
        return self._begin(found, operation)

    def delete_stack_instances(self, call: Call) -> Answer:
        """Begin to remove instances, and their stacks unless they are retained."""
        with DECIDING:
            found = self._set(call)
            keys = [k for k in self._pairs(call, found, "DELETE") if k in found.instances]
            operation = self._operation(call, found, "DELETE", keys)
            operation.retain = bool(call.parameters.get("RetainStacks"))
            if not operation.targets.get("Accounts"):
                _forget_units(found, operation, call.parameters["Regions"])
        return self._begin(found, operation)

    def import_stacks_to_stack_set(self, call: Call) -> Answer:
        """Begin to take stacks that belong to no StackSet in as instances."""
        given = call.parameters
        with DECIDING:
            found = self._set(call)
            ids = list(given.get("StackIds") or ())
            if not 0 < len(ids) <= _IMPORTED_AT_ONCE:
                raise invalid(f"From 1 to {_IMPORTED_AT_ONCE} StackIds must be specified")
            under = tuple(given.get("OrganizationalUnitIds") or ())
            if found.service_managed:
                self._check_permissions(call, "SERVICE_MANAGED")
            elif under:
                raise invalid("OrganizationalUnitIds are for SERVICE_MANAGED permissions")
            stacks = {self._place_of(stack_id): stack_id for stack_id in ids}
            operation = self._operation(call, found, "CREATE", stacks)
            operation.imports = stacks
            for key in stacks:
                unit = self._unit_of(found, key[0], under)
                instance = found.instances.setdefault(key, Instance(*key))
                instance.unit = unit
                if unit:
                    found.units.setdefault(unit, set()).add(key[1])
        return self._begin(found, operation)

    def _place_of(self, stack_id: str) -> Key:
        """Where a stack is; refuses one that is not there, or an instance of a StackSet."""
        everywhere = (stacks.get(stack_id) for stacks in self.stacks.values())
        stack = next(filter(None, everywhere), None)
        if stack is None or stack.gone:
            raise invalid(f"Stack {stack_id} does not exist")
        account_id, region = stack.account_id, stack.region
        holders = (other for sets in self.stack_sets.values() for other in sets.values())
        for other in holders:
            held = other.instances.get((account_id, region))
            if held and held.stack_id == stack_id and held.detailed != FAILED_IMPORT:
                raise invalid(f"Stack {stack_id} belongs to StackSet {other.name}")
        return account_id, region

    def _unit_of(self, found: StackSet, account_id: str, under: tuple[str, ...]) -> str:
        """By which of the named units a service-managed StackSet has an account."""
        if not found.service_managed:
            return ""
        above = units.above(self.simulation, account_id)
        unit = next((unit for unit in under if unit in above), "")
        if not unit:
            raise invalid(f"Account {account_id} is in none of the OrganizationalUnitIds")
        return unit

    def describe_stack_instance(self, call: Call) -> Answer:
        """One instance."""
        found = self._set(call)
        key = (call.parameters["StackInstanceAccount"], call.parameters["StackInstanceRegion"])
        if key not in found.instances:
            raise _no_instances(found, [key])
        return {"StackInstance": descriptions.instance(found, found.instances[key])}

    def list_stack_instances(self, call: Call) -> Answer:
        """The instances, of one account, one region or one status if that is asked for."""
        given, found = call.parameters, self._set(call)
        summaries = [
            descriptions.instance_summary(found, one)
            for _, one in sorted(dict(found.instances).items())
            if given.get("StackInstanceAccount") in (None, one.account_id)
            and given.get("StackInstanceRegion") in (None, one.region)
            and descriptions.passes(one, given.get("Filters") or ())
        ]
        return page(call, "Summaries", summaries)

    def list_stack_set_auto_deployment_targets(self, call: Call) -> Answer:
        """The units in which accounts that join get instances, with the regions."""
        targets = sorted(self._set(call).units.items())
        return page(call, "Summaries", [descriptions.automatic_target(*one) for one in targets])

    # What a call means

    def _named(self, call: Call, found: StackSet) -> list[Key]:
        keys = list(self._pairs(call, found, "UPDATE"))
        missing = [key for key in keys if key not in found.instances]
        if missing:
            raise _no_instances(found, missing)
        return keys

    def _pairs(self, call: Call, found: StackSet, action: str) -> dict[Key, str]:
        """The accounts and regions that a call is about, with the unit that each is meant by."""
        given = call.parameters
        if not found.service_managed:
            return dict.fromkeys(_self_managed_pairs(call, found), "")
        if given.get("Accounts") or not given.get("Regions"):
            raise invalid("SERVICE_MANAGED permissions take DeploymentTargets and Regions")
        self._check_permissions(call, "SERVICE_MANAGED")
        targets = dict(given.get("DeploymentTargets") or {})
        meant = (
            units.reached(self.simulation, found, targets)
            if action == "CREATE"
            else units.held(self.simulation, found, targets, updating=action == "UPDATE")
        )
        keys = found.chosen(list(meant), list(given["Regions"]))
        return {key: meant[key[0]] for key in keys}

    def _check_regions(self, call: Call) -> None:
        unknown = set(call.parameters["Regions"]) - set(self.simulation.blueprint.regions)
        if unknown:
            raise invalid(f"Region {min(unknown)} is not supported, or not enabled")


def operable(found: StackSet, keys: Iterable[Key]) -> list[Key]:
    """Those without the inoperable instances, which updates leave out."""
    return [key for key in keys if found.instances[key].status != "INOPERABLE"]


def _self_managed_pairs(call: Call, found: StackSet) -> list[Key]:
    given = call.parameters
    if given.get("DeploymentTargets"):
        raise invalid(
            "StackSets with SELF_MANAGED permission model can only have accounts as target"
        )
    if not given.get("Accounts") or not given.get("Regions"):
        raise invalid("Accounts and Regions must be specified")
    return found.chosen(list(given["Accounts"]), list(given["Regions"]))


def _forget_units(found: StackSet, operation: Operation, regions: Iterable[str]) -> None:
    """No more automatic deployment in the regions of units from which all is deleted."""
    for unit in operation.targets.get("OrganizationalUnitIds", ()):
        left = found.units.pop(unit, set()) - set(regions)
        if left:
            found.units[unit] = left


def _overrides(call: Call, found: StackSet, previous: Mapping[str, str]) -> dict[str, str] | None:
    """The parameters that a call overrides; None when it leaves them as they are."""
    if "ParameterOverrides" not in call.parameters:
        return None
    given = parameters.given(call.parameters["ParameterOverrides"], previous)
    parameters.settle(parse(found.body).parameters, {**found.parameters, **given})
    return given


def _no_instances(found: StackSet, keys: Iterable[Key]) -> Refusal:
    named = ", ".join(f"{account}, {region}" for account, region in keys)
    return Refusal(
        "StackInstanceNotFoundException",
        f"Stack instances not found for StackSet {found.name}: [{named}]",
        status=404,
    )
