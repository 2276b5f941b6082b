"""What CloudFormation remembers of stacks; plain values, so that a snapshot can hold them."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation.intrinsics import Made

if TYPE_CHECKING:
    from baseline.simulation.cloudformation.drift import ResourceDrift

STACK_TYPE = "AWS::CloudFormation::Stack"
GONE = "DELETE_COMPLETE"
BY_USER = "User Initiated"


@dataclass(frozen=True)
class StackResource:
    """One resource of a stack. ``made`` is None as long as there is nothing of it."""

    name: str
    type: str
    properties: dict[str, Any]
    made: Made | None
    status: str
    reason: str
    changed: dt.datetime
    deletion_policy: str
    replace_policy: str
    needs: frozenset[str]
    metadata: Any = None

    @property
    def physical_id(self) -> str:
        """What AWS knows it by; empty when it was never made."""
        return self.made.id if self.made else ""

    @property
    def physical(self) -> Made:
        """What was made; only for a resource that was."""
        assert self.made is not None
        return self.made


@dataclass(frozen=True)
class Change:
    """What a deployment did to one resource, so that it can be undone."""

    before: StackResource | None
    after: StackResource
    replaced: bool = False


@dataclass(frozen=True)
class Event:
    """One line of a stack's history."""

    name: str
    physical_id: str
    type: str
    status: str
    reason: str
    time: dt.datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Export:
    """A value that other stacks of the same account and region import by its name."""

    name: str
    value: str
    output: str
    stack_id: str
    stack_name: str


@dataclass
class Stack:
    """A stack and what is in it. Only its own deployment changes it."""

    id: str
    name: str
    account_id: str
    region: str
    created: dt.datetime
    body: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    tags: tuple[dict[str, str], ...] = ()
    capabilities: tuple[str, ...] = ()
    notifications: tuple[str, ...] = ()
    role_arn: str = ""
    description: str = ""
    on_failure: str = "ROLLBACK"
    protected: bool = False
    status: str = ""
    reason: str = ""
    updated: dt.datetime | None = None
    deleted: dt.datetime | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    exports: dict[str, Export] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    # What the last update did and its rollback could not undo.
    stuck: tuple[Change, ...] = ()
    # What the last look at the resources found, and when that was.
    drift: str = "NOT_CHECKED"
    drifts: tuple["ResourceDrift", ...] = ()
    drift_checked: dt.datetime | None = None

    @property
    def busy(self) -> bool:
        """Whether a deployment is under way."""
        return self.status.endswith("IN_PROGRESS")

    @property
    def gone(self) -> bool:
        """Whether it was deleted: it can still be found by its id."""
        return self.status == GONE

    def first_failure(self) -> str:
        """Why the last deployment failed, as StackSets says it."""
        failure = None
        for event in reversed(self.events):
            if event.reason == BY_USER:
                break
            if event.type != STACK_TYPE and event.status.endswith("_FAILED"):
                failure = event
        if failure is None:
            return self.reason
        return (
            f"ResourceLogicalId:{failure.name}, ResourceType:{failure.type}, "
            f"ResourceStatusReason:{failure.reason}."
        )


def new_stack_id(account_id: str, region: str, name: str) -> str:
    """The ARN of a new stack."""
    return f"arn:aws:cloudformation:{region}:{account_id}:stack/{name}/{uuid.uuid4()}"
