"""Operations on StackSets: what the API tells of them, and how they run one after the other.

Source: AWS CloudFormation API Reference and User Guide, "StackSets".
"""

import uuid
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from baseline.simulation.cloudformation import stack_set_descriptions as descriptions
from baseline.simulation.cloudformation.instances import Instances
from baseline.simulation.cloudformation.operations import Actions, Preferences, carry_out
from baseline.simulation.cloudformation.organizations_access import OrganizationsAccess
from baseline.simulation.cloudformation.requests import Answer, page
from baseline.simulation.cloudformation.stack_set_records import Key, Operation, Result, StackSet
from baseline.simulation.cloudformation.stacks import DECIDING
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation


class StackSetOperations(OrganizationsAccess):
    """The part of CloudFormation that knows the StackSets, and carries out what is begun on them.

    They are kept by the account and region that they belong to.
    """

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.stack_sets: dict[Key, dict[str, StackSet]] = {}

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

    # What a call means

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
