"""Stacks: the operations of the API, answered at once, carried out afterwards."""

import threading
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation import requests
from baseline.simulation.cloudformation.background import Background
from baseline.simulation.cloudformation.engine import Deployment
from baseline.simulation.cloudformation.history import Surroundings
from baseline.simulation.cloudformation.records import Export, Stack, new_stack_id
from baseline.simulation.cloudformation.requests import Answer, invalid
from baseline.simulation.cloudformation.template import Template
from baseline.simulation.cloudformation.wanted import Wanted
from baseline.simulation.identity import Identity
from baseline.simulation.service import Call, Refusal, Service

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

INVOKED_BY = "cloudformation.amazonaws.com"

# One at a time decides whether a name is free or a stack is idle; threads of all simulations share
# it, and none holds it for longer than that.
DECIDING = threading.RLock()

# Statuses in which a stack takes no update, though nothing is under way.
_STUCK = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED",
          "UPDATE_ROLLBACK_FAILED"}  # fmt: skip


class Stacks(Service):
    """The part of CloudFormation that is about single stacks, of one account and region each."""

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.stacks: dict[tuple[str, str], dict[str, Stack]] = {}
        self.background = Background()
        self.answers: dict[str, Any] = {}  # of custom resources, by their response URLs

    def settle(self) -> None:
        """Wait until no operation is under way."""
        self.background.settle()

    def close(self) -> None:
        """Leave nothing running that would still change moto's state."""
        self.settle()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in super().__getstate__().items() if k != "background"}

    # Changing

    def create_stack(self, call: Call) -> Answer:
        """Begin to create a stack."""
        given = call.parameters
        name = given["StackName"]
        requests.check_name(name, "stackName")
        wanted = requests.wanted(call, requests.template(self.simulation, call))
        on_failure = given.get("OnFailure", "ROLLBACK")
        with DECIDING:
            if self._find(call, name):
                raise Refusal("AlreadyExistsException", f"Stack [{name}] already exists")
            stack = self.new_stack(call.account_id, call.region, name)
            stack.on_failure = "DO_NOTHING" if given.get("DisableRollback") else on_failure
            stack.protected = bool(given.get("EnableTerminationProtection"))
            self._remember(stack, call, wanted)
            stack.status = "CREATE_IN_PROGRESS"
        deployment = self.deployment(stack, self._actor(stack, call))
        self.background.start(partial(deployment.create, wanted))
        return {"StackId": stack.id}

    def update_stack(self, call: Call) -> Answer:
        """Begin to update a stack; refuses an update that would change nothing."""
        with DECIDING:
            stack = self._updatable(call)
            template = requests.template(self.simulation, call, stack.body)
            wanted = requests.wanted(call, template, stack.parameters, stack.tags)
            deployment = self.deployment(stack, self._actor(stack, call))
            if not deployment.differs(wanted):
                raise invalid("No updates are to be performed.")
            self._remember(stack, call, None)
            stack.status = "UPDATE_IN_PROGRESS"
        rollback = not call.parameters.get("DisableRollback")
        self.background.start(partial(deployment.update, wanted, rollback=rollback))
        return {"StackId": stack.id}

    def continue_update_rollback(self, call: Call) -> Answer:
        """Begin again to undo an update whose rollback failed."""
        with DECIDING:
            stack = self._found(call)
            if stack.status != "UPDATE_ROLLBACK_FAILED":
                raise invalid(
                    f"Stack:{stack.id} is in {stack.status} state and can not continue rollback."
                )
            stack.status = "UPDATE_ROLLBACK_IN_PROGRESS"
        deployment = self.deployment(stack, self._actor(stack, call))
        self.background.start(deployment.continue_rollback)
        return {}

    def delete_stack(self, call: Call) -> Answer:
        """Begin to delete a stack; one that does not exist is deleted already."""
        with DECIDING:
            stack = self._find(call, call.parameters["StackName"])
            if stack is None or stack.gone:
                return {}
            if stack.protected:
                raise invalid(
                    f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
                )
            if stack.busy:
                raise invalid(
                    f"Stack [{stack.id}] cannot be deleted while in status {stack.status}"
                )
            retain = frozenset(call.parameters.get("RetainResources") or ())
            if retain and stack.status != "DELETE_FAILED":
                raise invalid(
                    "Invalid operation on stack. RetainResources can only be specified when the "
                    "stack is in the DELETE_FAILED state."
                )
            stack.status = "DELETE_IN_PROGRESS"
        deployment = self.deployment(stack, self._actor(stack, call))
        self.background.start(partial(deployment.delete, retain))
        return {}

    def update_termination_protection(self, call: Call) -> Answer:
        """Protect a stack, or stop protecting it."""
        stack = self._found(call)
        stack.protected = bool(call.parameters["EnableTerminationProtection"])
        return {"StackId": stack.id}

    # For StackSets and change sets

    def new_stack(self, account_id: str, region: str, name: str) -> Stack:
        """A stack without anything in it, remembered in its account and region."""
        stack = Stack(
            id=new_stack_id(account_id, region, name),
            name=name,
            account_id=account_id,
            region=region,
            created=self.simulation.clock.now(),
        )
        self.stacks.setdefault((account_id, region), {})[stack.id] = stack
        return stack

    def deployment(self, stack: Stack, actor: Identity | str) -> Deployment:
        """What can be done to ``stack`` by ``actor``, an identity or the ARN of an assumed role."""
        place = (stack.account_id, stack.region)

        @cache
        def client(service: str) -> Any:
            return self.simulation.client(
                service, stack.region, stack.account_id, acting_as=actor, invoked_by=INVOKED_BY
            )

        surroundings = Surroundings(
            now=self.simulation.clock.now,
            open=client,
            answers=self.answers,
            exported=partial(self._exported, place),
            importers=partial(self._importers, place),
        )
        return Deployment(stack, surroundings)

    def _named_template(self, call: Call) -> Template:
        return requests.template(self.simulation, call)

    def _exported(self, place: tuple[str, str], name: str) -> Export | None:
        stacks = list(self.stacks.get(place, {}).values())
        exports = (stack.exports.get(name) for stack in stacks if not stack.gone)
        return next((export for export in exports if export), None)

    def _importers(self, place: tuple[str, str], name: str) -> list[str]:
        stacks = list(self.stacks.get(place, {}).values())
        return [stack.name for stack in stacks if name in stack.imports and not stack.gone]

    def _actor(self, stack: Stack, call: Call) -> Identity | str:
        """As whom resources are made: the stack's role, else whoever calls."""
        if stack.role_arn:
            role = stack.role_arn.rsplit("/", 1)[-1]
            return f"arn:aws:sts::{stack.account_id}:assumed-role/{role}/AWSCloudFormation"
        record = {**call.identity, "invokedBy": INVOKED_BY}
        return Identity(
            call.account_id, call.arn, call.access_key_id, record, call.internal, INVOKED_BY
        )

    def _remember(self, stack: Stack, call: Call, wanted: Wanted | None) -> None:
        given = call.parameters
        stack.capabilities = tuple(given.get("Capabilities") or stack.capabilities)
        stack.notifications = tuple(given.get("NotificationARNs") or stack.notifications)
        stack.role_arn = given.get("RoleARN") or stack.role_arn
        if wanted:
            stack.body = wanted.template.body
            stack.parameters = dict(wanted.parameters)
            stack.description = wanted.template.description
            stack.tags = wanted.tags

    def _all(self, call: Call) -> list[Stack]:
        return list(self.stacks.get((call.account_id, call.region), {}).values())

    def _find(self, call: Call, name: str) -> Stack | None:
        """By its name, if it exists; by its id also when it was deleted."""
        by_id = self.stacks.get((call.account_id, call.region), {}).get(name)
        named = (stack for stack in self._all(call) if stack.name == name and not stack.gone)
        return by_id or next(named, None)

    def _found(self, call: Call) -> Stack:
        name = call.parameters.get("StackName", "")
        stack = self._find(call, name)
        if stack is None:
            raise invalid(f"Stack with id {name} does not exist")
        return stack

    def _holding(self, call: Call, physical_id: str) -> Stack:
        for stack in self._all(call):
            if any(r.physical_id == physical_id for r in list(stack.resources.values())):
                return stack
        raise invalid(f"Stack for {physical_id} does not exist")

    def _updatable(self, call: Call) -> Stack:
        stack = self._find(call, call.parameters["StackName"])
        if stack is None or stack.gone:
            raise invalid(f"Stack [{call.parameters['StackName']}] does not exist")
        if stack.busy or stack.status in _STUCK:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack
