"""What becomes of stacks that go over to another StackSet, or that no StackSet has. Pure."""

from collections.abc import Iterator, Mapping

from baseline.rollout import inviting, service_managed
from baseline.rollout.account_steps import why_deleted
from baseline.rollout.catalogue import MEMBERS, Baseline, Part
from baseline.rollout.state import State
from baseline.rollout.steps import Action, Kind, Step

# It can be taken in again, once the cause is mended [StackInstanceSummary].
_FAILED_IMPORT = "FAILED_IMPORT"

# The ids of stacks, by the instances that they become.
Stacks = Mapping[Part, str]


def coming_over(baseline: Baseline, state: State) -> Stacks:
    """The stacks that become instances of a StackSet, by these instances.

    That is what no StackSet has any more, and what that of the other mode still has.
    """
    left = set(_left_behind(baseline, state))
    found = {part: stack_id for part, stack_id in state.loose.items() if part not in left}
    for name, stack_set in state.stack_sets.items():
        for target, instance in stack_set.instances.items():
            part = baseline.instance(service_managed.family(name), target)
            if instance.detail == _FAILED_IMPORT and instance.stack_id:
                found[Part(name, target)] = instance.stack_id
            if part.name == name or inviting.invites(name) or instance.status == "INOPERABLE":
                continue
            if instance.stack_id and target in baseline.stack_set(part.name).targets:
                found[part] = instance.stack_id
    return found


def deletions(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """The steps for stacks that no StackSet has where none should be, with their waves."""
    for part in _left_behind(baseline, state):
        if not _keeps_member(baseline, part):
            yield _deletion(baseline, state, part, why_deleted(baseline, part))


def removals(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """The steps that take all stacks away that no StackSet has, with their waves."""
    for part in sorted(state.loose):
        yield _deletion(baseline, state, part, "is removed")


def kept_members(baseline: Baseline, state: State) -> Iterator[Part]:
    """The stacks that no StackSet has, and that stay all the same for what they hold."""
    return (part for part in _left_behind(baseline, state) if _keeps_member(baseline, part))


def _left_behind(baseline: Baseline, state: State) -> list[Part]:
    """The stacks that no StackSet has, where none should be."""
    return sorted(
        part for part in state.loose if part.target not in baseline.stack_set(part.name).targets
    )


def _keeps_member(baseline: Baseline, part: Part) -> bool:
    """Whether a stack has a member of GuardDuty that an administrator has meanwhile."""
    member = service_managed.family(part.name) == MEMBERS
    return member and baseline.delegation is not None and part.target.account_id in baseline.chosen


def _deletion(baseline: Baseline, state: State, part: Part, why: str) -> tuple[int, Step]:
    """A stack that no StackSet has is deleted by itself."""
    wave, reason = baseline.stack_set(part.name).wave, f"{why}; no StackSet has it"
    return wave, Step(Action.DELETE, Kind.STACK, part, reason, state.loose[part])
