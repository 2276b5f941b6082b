"""What was found in the organization, as values. Nothing here looks; ``observe`` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baseline.organization import Target
from baseline.rollout.catalogue import Part
from baseline.rollout.delegation import Delegated
from baseline.rollout.service_managed import Managing

# On everything that the roll-out makes: the organization it was made for.
OWNER_TAG = "baseline:organization"
# A stack in one of these states holds what its template says.
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
# An instance whose stack could not be taken in, and is there as it was [StackInstanceSummary].
FAILED_IMPORT = "FAILED_IMPORT"
# A stack in one of these states takes no update: it is deleted and created again.
BROKEN = (
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "CREATE_FAILED",
    "DELETE_FAILED",
    "REVIEW_IN_PROGRESS",  # a change set that nobody carried out: nothing is there yet
)


@dataclass(frozen=True)
class Unknown:
    """It could not be looked at: why, and what would help. Never the same as "not there"."""

    cause: str
    remedy: str = ""


@dataclass(frozen=True)
class StackState:
    """A stack that is there. ``template`` is parsed; ``owner`` is its organization tag or empty."""

    status: str
    reason: str
    template: Any
    parameters: Mapping[str, str]
    owner: str


@dataclass(frozen=True)
class InstanceState:
    """An instance of a StackSet: CURRENT, OUTDATED or INOPERABLE, and why it is not current.

    ``stack_id`` is that of its stack, where there is or was one; ``unit`` the root or OU by which a
    service-managed StackSet is there.
    """

    status: str
    detail: str
    reason: str
    stack_id: str = ""
    unit: str = ""


@dataclass(frozen=True)
class StackSetState:
    """A StackSet that is there, with all its instances; ``managing`` if it is service-managed."""

    template: Any
    parameters: Mapping[str, str]
    owner: str
    instances: Mapping[Target, InstanceState]
    managing: Managing | None = None


@dataclass(frozen=True)
class State:
    """Everything that was found; what is not in here is not there.

    ``elsewhere`` are regions of the main account in which a baseline of the same organization
    was found while there was none in the home region. ``organization_trails`` are the names of
    those that record every account, anybody's. ``delegated`` is who administers GuardDuty, by
    region; where the accounts are invited, the home region is looked at alone. ``adopting`` has
    the stacks of instances that are not current where something is adopted, None for no stack.
    ``loose`` are the ids of stacks of members that a StackSet had and no instance has any more, by
    the instance that each would be; ``unseen`` is where they were looked for in vain.
    """

    stacks: Mapping[Part, StackState | Unknown]
    stack_sets: Mapping[str, StackSetState]
    elsewhere: tuple[str, ...] = ()
    organization_trails: tuple[str, ...] | Unknown = ()
    delegated: Mapping[str, Delegated | Unknown] = field(default_factory=dict)
    adopting: Mapping[Part, StackState | Unknown | None] = field(default_factory=dict)
    loose: Mapping[Part, str] = field(default_factory=dict)
    unseen: Mapping[Target, Unknown] = field(default_factory=dict)


def owner(described: Any) -> str:
    """The organization that a stack or StackSet was made for, as AWS describes it; or nothing."""
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return str(tags.get(OWNER_TAG, ""))
