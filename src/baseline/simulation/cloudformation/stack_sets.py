"""StackSets, with self-managed and with service-managed permissions: the operations of the API.

Source: AWS CloudFormation API Reference and User Guide, "StackSets".
"""

import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation import parameters, requests, units
from baseline.simulation.cloudformation import stack_set_descriptions as descriptions
from baseline.simulation.cloudformation.instances import Instances
from baseline.simulation.cloudformation.operations import Actions, Preferences, carry_out
from baseline.simulation.cloudformation.requests import Answer, invalid, page
from baseline.simulation.cloudformation.stack_set_records import (
    FAILED_IMPORT,
    Instance,
    Key,
    Operation,
    Result,
    StackSet,
)
from baseline.simulation.cloudformation.stacks import DECIDING, Stacks
from baseline.simulation.cloudformation.template import Template, parse
from baseline.simulation.organizations import STACK_SETS, backend
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
_EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
_IMPORTED_AT_ONCE = 10  # by their ids


class StackSets(Stacks):
    """The part of CloudFormation that is about StackSets, of one account and region each."""

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.stack_sets: dict[Key, dict[str, StackSet]] = {}
        self.organizations_access = False

    # Trusted access

    def activate_organizations_access(self, call: Call) -> Answer:
        """Let StackSets into the organization: only the main account may."""
        self._check_main(call)
        self.organizations_access = True
        return {}

    def deactivate_organizations_access(self, call: Call) -> Answer:
        """Shut StackSets out; what they have made stays."""
        self._check_main(call)
        self.organizations_access = False
        return {}

    def describe_organizations_access(self, call: Call) -> Answer:
        """Whether StackSets are let in."""
        self._owner(call)
        return {"Status": "ENABLED" if self.organizations_access else "DISABLED"}

    # StackSets

    def create_stack_set(self, call: Call) -> Answer:
        """Make a StackSet without instances."""
        given, name = call.parameters, call.parameters["StackSetName"]
        requests.check_name(name, "stackSetName")
        self._check_permissions(call, given.get("PermissionModel", "SELF_MANAGED"))
        wanted = requests.wanted(call, requests.template(self.simulation, call))
        with DECIDING:
            if name in self._sets(call):
                raise Refusal(
                    "NameAlreadyExistsException", f"StackSet {name} already exists", status=409
                )
            made = StackSet(
                id=f"{name}:{uuid.uuid4()}",
                name=name,
                account_id=self._owner(call),
                region=call.region,
                body=wanted.template.body,
                parameters=dict(wanted.parameters),
                tags=wanted.tags,
            )
            _settings(made, given)
            self.stack_sets.setdefault((made.account_id, call.region), {})[name] = made
        return {"StackSetId": made.id}

    def update_stack_set(self, call: Call) -> Answer:
        """Change a StackSet, and begin to update its instances: all, or those that are named."""
        given = call.parameters
        with DECIDING:
            found = self._set(call)
            self._check_change(call, found)
            template = requests.template(self.simulation, call, found.body)
            wanted = requests.wanted(call, template, found.parameters, found.tags)
            some = "Accounts" in given or "DeploymentTargets" in given
            keys = self._named(call, found) if some else list(found.instances)
            operation = self._operation(call, found, "UPDATE", _operable(found, keys))
            if (wanted.template.body, dict(wanted.parameters), wanted.tags) != (
                found.body, found.parameters, found.tags,
            ):  # fmt: skip
                _outdate(found.instances.values())
            found.body, found.parameters = wanted.template.body, dict(wanted.parameters)
            found.tags = wanted.tags
            _settings(found, given)
        return self._begin(found, operation)

    def delete_stack_set(self, call: Call) -> Answer:
        """Delete a StackSet that has no instances."""
        with DECIDING:
            found = self._set(call)
            self._check_idle(found)
            if found.instances:
                raise Refusal("StackSetNotEmptyException", "StackSet is not empty", status=409)
            found.status = "DELETED"
            del self._sets(call)[found.name]
        return {}

    def describe_stack_set(self, call: Call) -> Answer:
        """One StackSet."""
        return {"StackSet": descriptions.stack_set(self._set(call))}

    def list_stack_sets(self, call: Call) -> Answer:
        """All StackSets of this account and region; none of them is deleted."""
        found = list(self._sets(call).values())
        if call.parameters.get("Status") == "DELETED":
            found = []
        return page(call, "Summaries", [descriptions.stack_set_summary(one) for one in found])

    # Instances

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
            operation = self._operation(call, found, "UPDATE", _operable(found, keys))
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

    # Operations

    def describe_stack_set_operation(self, call: Call) -> Answer:
        """One operation."""
        found, operation = self._found_operation(call)
        return {"StackSetOperation": descriptions.operation(found, operation)}

    def list_stack_set_operations(self, call: Call) -> Answer:
        """All operations, the newest first."""
        operations = reversed(list(self._set(call).operations.values()))
        return page(call, "Summaries", [descriptions.operation_summary(one) for one in operations])

    def list_stack_set_operation_results(self, call: Call) -> Answer:
        """How an operation went in each account and region."""
        _, operation = self._found_operation(call)
        wanted = [f["Values"] for f in call.parameters.get("Filters") or ()]
        summaries = [
            descriptions.result(key, result)
            for key, result in list(operation.results.items())
            if all(result.status == value for value in wanted)
        ]
        return page(call, "Summaries", summaries)

    def stop_stack_set_operation(self, call: Call) -> Answer:
        """Begin no more of an operation; what has begun comes to its end."""
        with DECIDING:
            _, operation = self._found_operation(call)
            if not operation.open:
                raise Refusal(
                    "InvalidOperationException",
                    f"Operation {operation.id} is in {operation.status} state and cannot be "
                    "stopped",
                )
            operation.status = "STOPPING"
        return {}

    # How operations run

    def _operation(
        self, call: Call, found: StackSet, action: str, keys: Iterable[Key]
    ) -> Operation:
        """A new operation on those instances; refuses a second one, unless it may be queued."""
        self._check_idle(found)
        given = call.parameters
        name = str(given.get("OperationId") or uuid.uuid4())
        if name in found.operations:
            raise Refusal(
                "OperationIdAlreadyExistsException", f"Operation {name} already exists", status=409
            )
        preferences = dict(given.get("OperationPreferences") or {})
        Preferences.given(preferences)
        operation = self._planned(action, keys, name)
        operation.preferences = preferences
        operation.targets = dict(given.get("DeploymentTargets") or {})
        return operation

    def _planned(self, action: str, keys: Iterable[Key], name: str) -> Operation:
        accounts: dict[str, list[str]] = {}
        for account, region in dict.fromkeys(keys):
            accounts.setdefault(region, []).append(account)
        return Operation(name, action, self.simulation.clock.now(), {}, accounts)

    def _check_idle(self, found: StackSet) -> None:
        running = next((o for o in found.operations.values() if o.open), None)
        if running is not None and not found.managed:
            raise Refusal(
                "OperationInProgressException",
                f"Another Operation on StackSet {found.arn} is in progress: {running.id}",
                status=409,
            )

    def _begin(self, found: StackSet, operation: Operation) -> Answer:
        if not self._queued(found, operation):
            self.background.start(partial(self._run, found, operation))
        return {"OperationId": operation.id}

    def _queued(self, found: StackSet, operation: Operation) -> bool:
        """Whether the operation, which is known from now on, waits until another has ended."""
        with DECIDING:
            queued = any(other.open for other in found.operations.values())
            operation.status = "QUEUED" if queued else "RUNNING"
            found.operations[operation.id] = operation
            for region, accounts in operation.accounts.items():
                for account in accounts:
                    operation.results[account, region] = Result()
                    if operation.changes:
                        found.instances[account, region].last_operation = operation.id
                        found.instances[account, region].detailed = "PENDING"
        return queued

    def _run(self, found: StackSet, operation: Operation) -> None:
        """Carry an operation out, and those that were queued behind it."""
        instances = self._worker(found, operation)
        within = carry_out(
            operation.accounts,
            Preferences.given(operation.preferences),
            Actions(
                start=partial(self.background.submit, instances.work),
                cancel=instances.cancel,
                stopping=lambda: operation.status == "STOPPING",
            ),
        )
        with DECIDING:
            stopped = operation.status == "STOPPING"
            operation.status = "STOPPED" if stopped else "SUCCEEDED" if within else "FAILED"
            operation.ended = self.simulation.clock.now()
            queued = next((o for o in found.operations.values() if o.open), None)
            if queued is not None and queued.status == "QUEUED":
                queued.status = "RUNNING"
        if queued is not None:
            self._run(found, queued)

    def _worker(self, found: StackSet, operation: Operation) -> Instances:
        """Who carries an operation out, instance by instance."""
        return Instances(self, found, operation)

    # What a call means

    def _named_template(self, call: Call) -> Template:
        if call.parameters.get("StackSetName"):
            return parse(self._set(call).body)
        return super()._named_template(call)

    def _owner(self, call: Call) -> str:
        """Whose StackSets are meant: delegated administrators work in the main account."""
        if call.parameters.get("CallAs", "SELF") == "SELF":
            return call.account_id
        delegated = {
            admin.account.id
            for admin in backend(self.simulation.blueprint.main.id).admins
            if STACK_SETS in admin.services
        }
        if call.account_id not in delegated:
            raise invalid(
                f"You must be registered as a delegated administrator: account {call.account_id} "
                "is not"
            )
        return self.simulation.blueprint.main.id

    def _check_main(self, call: Call) -> None:
        if call.account_id != self.simulation.blueprint.main.id:
            raise Refusal(
                "InvalidOperationException", "Only the organization's management account may"
            )

    def _check_permissions(self, call: Call, model: str) -> None:
        given = call.parameters
        if model == "SELF_MANAGED":
            if given.get("AutoDeployment") or given.get("CallAs") == "DELEGATED_ADMIN":
                raise invalid(
                    "AutoDeployment and CallAs DELEGATED_ADMIN are for SERVICE_MANAGED permissions"
                )
            return
        if not self.organizations_access:
            raise invalid(
                "You must enable organizations access to operate a service managed stack set"
            )
        if given.get("AdministrationRoleARN") or given.get("ExecutionRoleName"):
            raise invalid("SERVICE_MANAGED permissions take no roles")
        if call.operation == "CreateStackSet" and "AutoDeployment" not in given:
            raise invalid("AutoDeployment is required for SERVICE_MANAGED permissions")

    def _check_change(self, call: Call, found: StackSet) -> None:
        given = call.parameters
        now = "SERVICE_MANAGED" if found.service_managed else "SELF_MANAGED"
        model = given.get("PermissionModel", now)
        if model != now and found.instances:
            raise invalid("PermissionModel cannot be changed while there are stack instances")
        if "AutoDeployment" in given and ("DeploymentTargets" in given or "Regions" in given):
            raise invalid("AutoDeployment cannot be given with DeploymentTargets or Regions")
        self._check_permissions(call, model)

    def _sets(self, call: Call) -> dict[str, StackSet]:
        return self.stack_sets.get((self._owner(call), call.region), {})

    def _set(self, call: Call) -> StackSet:
        """By its name, or its id."""
        name = call.parameters["StackSetName"]
        found = self._sets(call).get(name.split(":")[0])
        if found is None or name not in (found.name, found.id):
            raise Refusal("StackSetNotFoundException", f"StackSet {name} not found", status=404)
        return found

    def _found_operation(self, call: Call) -> tuple[StackSet, Operation]:
        found, name = self._set(call), call.parameters["OperationId"]
        if name not in found.operations:
            raise Refusal("OperationNotFoundException", f"Operation {name} not found", status=404)
        return found, found.operations[name]

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


def _self_managed_pairs(call: Call, found: StackSet) -> list[Key]:
    given = call.parameters
    if given.get("DeploymentTargets"):
        raise invalid(
            "StackSets with SELF_MANAGED permission model can only have accounts as target"
        )
    if not given.get("Accounts") or not given.get("Regions"):
        raise invalid("Accounts and Regions must be specified")
    return found.chosen(list(given["Accounts"]), list(given["Regions"]))


def _settings(found: StackSet, given: Mapping[str, Any]) -> None:
    role = given.get("AdministrationRoleARN") or found.administration_role or _ADMINISTRATION_ROLE
    found.administration_role = role.rsplit("/", 1)[-1]
    found.execution_role = given.get("ExecutionRoleName") or found.execution_role or _EXECUTION_ROLE
    found.description = given.get("Description", found.description)
    found.capabilities = tuple(given.get("Capabilities") or found.capabilities)
    found.managed = bool((given.get("ManagedExecution") or {}).get("Active", found.managed))
    if "PermissionModel" in given:
        found.service_managed = given["PermissionModel"] == "SERVICE_MANAGED"
    if "AutoDeployment" in given:
        automation = given["AutoDeployment"]
        found.automatic = bool(automation.get("Enabled"))
        found.keeps_stacks = bool(automation.get("RetainStacksOnAccountRemoval"))
        found.after = tuple(automation.get("DependsOn") or ())


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


def _operable(found: StackSet, keys: Iterable[Key]) -> list[Key]:
    """Without the inoperable instances, which updates leave out."""
    return [key for key in keys if found.instances[key].status != "INOPERABLE"]


def _outdate(instances: Iterable[Instance]) -> None:
    for instance in instances:
        if instance.status == "CURRENT":
            instance.status = "OUTDATED"


def _no_instances(found: StackSet, keys: Iterable[Key]) -> Refusal:
    named = ", ".join(f"{account}, {region}" for account, region in keys)
    return Refusal(
        "StackInstanceNotFoundException",
        f"Stack instances not found for StackSet {found.name}: [{named}]",
        status=404,
    )
