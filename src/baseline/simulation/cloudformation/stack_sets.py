"""StackSets with self-managed permissions: the operations of the API.

Source: AWS CloudFormation API Reference and User Guide, "StackSets".
"""

import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation import parameters, requests
from baseline.simulation.cloudformation import stack_set_descriptions as descriptions
from baseline.simulation.cloudformation.instances import Instances
from baseline.simulation.cloudformation.operations import Actions, Preferences, carry_out
from baseline.simulation.cloudformation.requests import Answer, invalid, page
from baseline.simulation.cloudformation.stack_set_records import (
    Instance,
    Key,
    Operation,
    Result,
    StackSet,
)
from baseline.simulation.cloudformation.stacks import DECIDING, Stacks
from baseline.simulation.cloudformation.template import Template, parse
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
_EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"


class StackSets(Stacks):
    """The part of CloudFormation that is about StackSets, of one account and region each."""

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.stack_sets: dict[Key, dict[str, StackSet]] = {}

    # StackSets

    def create_stack_set(self, call: Call) -> Answer:
        """Make a StackSet without instances."""
        given, name = call.parameters, call.parameters["StackSetName"]
        requests.check_name(name, "stackSetName")
        _check_permissions(given)
        wanted = requests.wanted(call, requests.template(self.simulation, call))
        with DECIDING:
            if name in self._sets(call):
                raise Refusal(
                    "NameAlreadyExistsException", f"StackSet {name} already exists", status=409
                )
            made = StackSet(
                id=f"{name}:{uuid.uuid4()}",
                name=name,
                account_id=call.account_id,
                region=call.region,
                body=wanted.template.body,
                parameters=dict(wanted.parameters),
                tags=wanted.tags,
            )
            _settings(made, given)
            self.stack_sets.setdefault((call.account_id, call.region), {})[name] = made
        return {"StackSetId": made.id}

    def update_stack_set(self, call: Call) -> Answer:
        """Change a StackSet, and begin to update its instances: all, or those that are named."""
        given = call.parameters
        _check_permissions(given)
        with DECIDING:
            found = self._set(call)
            template = requests.template(self.simulation, call, found.body)
            wanted = requests.wanted(call, template, found.parameters, found.tags)
            keys = self._named(call, found) if "Accounts" in given else list(found.instances)
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
            keys = _pairs(call, found)
            self._check_regions(call)
            overrides = _overrides(call, found, {})
            operation = self._operation(call, found, "CREATE", keys)
            for key in keys:
                instance = found.instances.setdefault(key, Instance(*key))
                instance.overrides = overrides if overrides is not None else instance.overrides
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
            keys = [key for key in _pairs(call, found) if key in found.instances]
            operation = self._operation(call, found, "DELETE", keys)
            operation.retain = bool(call.parameters.get("RetainStacks"))
        return self._begin(found, operation)

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
        accounts: dict[str, list[str]] = {}
        for account, region in dict.fromkeys(keys):
            accounts.setdefault(region, []).append(account)
        return Operation(
            id=name,
            action=action,
            created=self.simulation.clock.now(),
            preferences=preferences,
            accounts=accounts,
        )

    def _check_idle(self, found: StackSet) -> None:
        running = next((o for o in found.operations.values() if o.open), None)
        if running is not None and not found.managed:
            raise Refusal(
                "OperationInProgressException",
                f"Another Operation on StackSet {found.arn} is in progress: {running.id}",
                status=409,
            )

    def _begin(self, found: StackSet, operation: Operation) -> Answer:
        with DECIDING:
            queued = any(other.open for other in found.operations.values())
            operation.status = "QUEUED" if queued else "RUNNING"
            found.operations[operation.id] = operation
            for region, accounts in operation.accounts.items():
                for account in accounts:
                    operation.results[account, region] = Result()
                    found.instances[account, region].last_operation = operation.id
                    found.instances[account, region].detailed = "PENDING"
        if not queued:
            self.background.start(partial(self._run, found, operation))
        return {"OperationId": operation.id}

    def _run(self, found: StackSet, operation: Operation) -> None:
        """Carry an operation out, and those that were queued behind it."""
        instances = Instances(self, found, operation)
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

    # What a call means

    def _named_template(self, call: Call) -> Template:
        if call.parameters.get("StackSetName"):
            return parse(self._set(call).body)
        return super()._named_template(call)

    def _sets(self, call: Call) -> dict[str, StackSet]:
        return self.stack_sets.get((call.account_id, call.region), {})

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
        keys = _pairs(call, found)
        missing = [key for key in keys if key not in found.instances]
        if missing:
            raise _no_instances(found, missing)
        return keys

    def _check_regions(self, call: Call) -> None:
        unknown = set(call.parameters["Regions"]) - set(self.simulation.blueprint.regions)
        if unknown:
            raise invalid(f"Region {min(unknown)} is not supported, or not enabled")


def _pairs(call: Call, found: StackSet) -> list[Key]:
    given = call.parameters
    if given.get("DeploymentTargets"):
        raise invalid(
            "StackSets with SELF_MANAGED permission model can only have accounts as target"
        )
    if not given.get("Accounts") or not given.get("Regions"):
        raise invalid("Accounts and Regions must be specified")
    return found.chosen(list(given["Accounts"]), list(given["Regions"]))


def _check_permissions(given: Mapping[str, Any]) -> None:
    if given.get("PermissionModel", "SELF_MANAGED") != "SELF_MANAGED" or given.get("CallAs") == (
        "DELEGATED_ADMIN"
    ):
        raise invalid("The simulation has StackSets with SELF_MANAGED permissions only.")


def _settings(found: StackSet, given: Mapping[str, Any]) -> None:
    role = given.get("AdministrationRoleARN") or found.administration_role or _ADMINISTRATION_ROLE
    found.administration_role = role.rsplit("/", 1)[-1]
    found.execution_role = given.get("ExecutionRoleName") or found.execution_role or _EXECUTION_ROLE
    found.description = given.get("Description", found.description)
    found.capabilities = tuple(given.get("Capabilities") or found.capabilities)
    found.managed = bool((given.get("ManagedExecution") or {}).get("Active", found.managed))


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
