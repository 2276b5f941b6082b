"""Change sets: what an update would do, kept until it is executed.

Source: AWS CloudFormation API Reference, CreateChangeSet.
"""

import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation import requests
from baseline.simulation.cloudformation.records import Stack
from baseline.simulation.cloudformation.requests import Answer, invalid, page, present, shown
from baseline.simulation.cloudformation.stacks import DECIDING, Stacks
from baseline.simulation.cloudformation.template import parse
from baseline.simulation.cloudformation.wanted import Intention, Tags, Wanted
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    import datetime as dt

    from baseline.simulation.simulation import Simulation

_REVIEW = "REVIEW_IN_PROGRESS"
_NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


@dataclass
class ChangeSet:
    """One change set of a stack."""

    id: str
    name: str
    stack_id: str
    created: "dt.datetime"
    body: str
    parameters: dict[str, str]
    tags: Tags
    status: str
    reason: str = ""
    execution: str = "AVAILABLE"
    changes: list[Answer] = field(default_factory=list)


class ChangeSets(Stacks):
    """The part of CloudFormation that is about change sets."""

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.change_sets: dict[str, ChangeSet] = {}

    def create_change_set(self, call: Call) -> Answer:
        """Find out what would change, and keep it."""
        given = call.parameters
        with DECIDING:
            creating = given.get("ChangeSetType") == "CREATE"
            stack = self._reviewed(call) if creating else self._updatable(call)
            template = requests.template(self.simulation, call, stack.body)
            wanted = requests.wanted(call, template, stack.parameters, stack.tags)
            self._remember(stack, call, None)
            made = self._change_set(call, stack, wanted)
            self.change_sets[made.id] = made
        return {"Id": made.id, "StackId": stack.id}

    def describe_change_set(self, call: Call) -> Answer:
        """What a change set would do."""
        found, stack = self._kept(call)
        return {
            **_summary(found, stack),
            "Parameters": shown(parse(found.body), found.parameters),
            "Tags": list(found.tags),
            "Capabilities": list(stack.capabilities),
            "Changes": found.changes,
        }

    def list_change_sets(self, call: Call) -> Answer:
        """The change sets of a stack."""
        stack = self._found(call)
        kept = [c for c in list(self.change_sets.values()) if c.stack_id == stack.id]
        return page(call, "Summaries", [_summary(found, stack) for found in kept])

    def execute_change_set(self, call: Call) -> Answer:
        """Begin to do what a change set says."""
        with DECIDING:
            found, stack = self._kept(call)
            if found.execution != "AVAILABLE":
                raise Refusal(
                    "InvalidChangeSetStatus",
                    f"ChangeSet [{found.id}] cannot be executed in its current status of "
                    f"[{found.status}]",
                )
            creating = stack.status == _REVIEW
            found.execution = "EXECUTE_COMPLETE"
            stack.status = "CREATE_IN_PROGRESS" if creating else "UPDATE_IN_PROGRESS"
        wanted = Wanted(parse(found.body), found.parameters, found.tags)
        deployment = self.deployment(stack, self._actor(stack, call))
        self.background.start(partial(deployment.create if creating else deployment.update, wanted))
        return {}

    def delete_change_set(self, call: Call) -> Answer:
        """Forget a change set."""
        found, _ = self._kept(call)
        del self.change_sets[found.id]
        return {}

    def _reviewed(self, call: Call) -> Stack:
        name = call.parameters["StackName"]
        requests.check_name(name, "stackName")
        stack = self._find(call, name)
        if stack is not None and stack.status != _REVIEW:
            raise invalid(
                f"Stack [{stack.name}] already exists and cannot be created again with the "
                f"changeSet [{call.parameters['ChangeSetName']}]."
            )
        stack = stack or self.new_stack(call.account_id, call.region, name)
        stack.status = _REVIEW
        return stack

    def _change_set(self, call: Call, stack: Stack, wanted: Wanted) -> ChangeSet:
        name = call.parameters["ChangeSetName"]
        deployment = self.deployment(stack, self._actor(stack, call))
        differs = stack.status == _REVIEW or deployment.differs(wanted)
        return ChangeSet(
            id=f"arn:aws:cloudformation:{call.region}:{call.account_id}:changeSet/{name}/"
            f"{uuid.uuid4()}",
            name=name,
            stack_id=stack.id,
            created=call.time,
            body=wanted.template.body,
            parameters=dict(wanted.parameters),
            tags=wanted.tags,
            status="CREATE_COMPLETE" if differs else "FAILED",
            reason="" if differs else _NO_CHANGES,
            execution="AVAILABLE" if differs else "UNAVAILABLE",
            changes=[_change(change) for change in deployment.changes(wanted)],
        )

    def _kept(self, call: Call) -> tuple[ChangeSet, Stack]:
        name = call.parameters["ChangeSetName"]
        stack_name = call.parameters.get("StackName")
        for found in list(self.change_sets.values()):
            stack: Any = self._find(call, found.stack_id)
            if name == found.id or (
                name == found.name and stack and stack_name in (stack.id, stack.name)
            ):
                return found, stack
        raise Refusal("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def _change(change: Intention) -> Answer:
    details = present(
        Action=change.action,
        LogicalResourceId=change.name,
        PhysicalResourceId=change.physical_id,
        ResourceType=change.type,
    )
    if change.action == "Modify":
        details["Replacement"] = str(change.replacement)
    return {"Type": "Resource", "ResourceChange": details}


def _summary(found: ChangeSet, stack: Stack) -> Answer:
    return present(
        ChangeSetId=found.id,
        ChangeSetName=found.name,
        StackId=stack.id,
        StackName=stack.name,
        CreationTime=found.created,
        Status=found.status,
        StatusReason=found.reason,
        ExecutionStatus=found.execution,
    )
