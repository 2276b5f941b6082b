"""What becomes of stacks that go over to another StackSet, or that no StackSet has. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from baseline.organization import Target
from baseline.rollout import inviting, service_managed
from baseline.rollout.account_steps import why_deleted
from baseline.rollout.catalogue import MEMBERS, Baseline, Part
from baseline.rollout.state import FAILED_IMPORT, InstanceState, State, Unknown
from baseline.rollout.steps import Action, Kind, Step

# The ids of stacks, by the instances that they become.
Stacks = Mapping[Part, str]


def coming_over(baseline: Baseline, state: State) -> Stacks:
    """The stacks that become instances of a StackSet, by these instances.

    That is what no StackSet has any more, what that of the other mode still has, and what could
    not be taken in, by either: that can be tried again once the cause is mended.
    """
    left = set(_left_behind(baseline, state))
    found = {part: stack_id for part, stack_id in state.loose.items() if part not in left}
    for name, stack_set in state.stack_sets.items():
        for target, instance in stack_set.instances.items():
            held = Part(name, target)
            part = becoming(baseline, held)
            if _can_come(baseline, held, part, instance):
                found[part] = instance.stack_id
    return found


def becoming(baseline: Baseline, held: Part) -> Part:
    """The instance that should be in the place of one; StackSets that invite keep theirs."""
    if inviting.invites(held.name):
        return held
    return baseline.instance(service_managed.family(held.name), held.target)


def _can_come(baseline: Baseline, held: Part, part: Part, found: InstanceState) -> bool:
    """Whether the stack of an instance becomes ``part``."""
    if not found.stack_id or part.target not in baseline.stack_set(part.name).targets:
        return False
    return found.detail == FAILED_IMPORT or (part != held and found.status != "INOPERABLE")


def heeded(baseline: Baseline, state: State, step: Step) -> Step:
    """A StackSet's step; another one where stacks that no StackSet has are there, or may be."""
    unseen = state.unseen.get(step.part.target)
    if (step.action, step.kind) == (Action.CREATE, Kind.INSTANCE) and unseen:
        return replace(step, action=Action.UNKNOWN, reason=f"could not look: {unseen.cause}")
    if (step.action, step.kind) == (Action.DELETE, Kind.STACK_SET):
        member = service_managed.family(step.part.name) == MEMBERS
        if member and any(kept_members(baseline, state)):
            # While it is there, they are looked for.
            why = "stays while there are stacks of it that no StackSet has"
            return replace(step, action=Action.SKIP, reason=why)
    return step


def unseen(baseline: Baseline, state: State) -> Mapping[Target, Unknown]:
    """Where nobody could look for such stacks, and no step says so."""
    if not state.unseen:
        return {}
    there = coming_over(baseline, state).keys() | {
        Part(name, target) for name, s in state.stack_sets.items() for target in s.instances
    }
    said = {
        target
        for stack_set in baseline.stack_sets
        for target in stack_set.targets & state.unseen.keys()
        if Part(stack_set.name, target) not in there
    }
    return {target: found for target, found in state.unseen.items() if target not in said}


def deletions(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """The steps for stacks that no StackSet has where none should be, with their waves."""
    for part in _left_behind(baseline, state):
        if not _keeps_member(baseline, part):
            yield _deletion(baseline, state, part, why_deleted(baseline, part))


def removals(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """The steps that take stacks away that no StackSet has, with their waves.

    What holds a member of GuardDuty stays, as GuardDuty itself does.
    """
    for part in sorted(state.loose):
        if not _keeps_member(baseline, part):
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
