"""What is to be done with stacks outside of StackSets: those that are wanted, and others. Pure."""

from collections.abc import Iterator

from baseline.rollout import protection
from baseline.rollout.catalogue import LAST, ROLES, Baseline, Part, Stack
from baseline.rollout.differences import because, changes
from baseline.rollout.state import BROKEN, GOOD, StackState, State, Unknown
from baseline.rollout.steps import Action, Kind, Step


def step(stack: Stack, found: StackState | Unknown | None) -> Step:
    """What leads to a stack that is wanted."""
    if found is None:
        return Step(Action.CREATE, Kind.STACK, stack.part, "is not there")
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.STACK, stack.part, f"could not look: {found.cause}")
    if found.status in BROKEN:
        why = f"is {found.status} and is made anew{because(found.reason)}"
        return Step(Action.CREATE, Kind.STACK, stack.part, why)
    if found.status not in GOOD:
        why = f"is {found.status}{because(found.reason)}"
        return Step(Action.UPDATE, Kind.STACK, stack.part, why)
    different = changes(stack, found)
    if different:
        return Step(Action.UPDATE, Kind.STACK, stack.part, different)
    return Step(Action.SKIP, Kind.STACK, stack.part, "is as it should be")


def removal(stack: Stack, found: StackState | Unknown) -> Step:
    """What takes a stack away."""
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.STACK, stack.part, f"could not look: {found.cause}")
    return Step(Action.DELETE, Kind.STACK, stack.part, "is removed")


def leftovers(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """Our own stacks that are left out now, with their waves; others' do not concern us."""
    for part, found in others(baseline, state):
        if isinstance(found, StackState) and found.owner == baseline.organization.id:
            # What keeps members from changing the rest was made last, and goes first.
            wave = LAST if part.name == protection.NAME else 1
            yield wave, Step(Action.DELETE, Kind.STACK, part, _why_left(baseline, part))


def others(baseline: Baseline, state: State) -> Iterator[tuple[Part, StackState | Unknown]]:
    """What was found, or could not be seen, in accounts that are left out."""
    wanted = {stack.part for stack in baseline.stacks}
    return ((part, found) for part, found in state.stacks.items() if part not in wanted)


def _why_left(baseline: Baseline, part: Part) -> str:
    if part.name == ROLES and part.target.account_id in baseline.chosen:
        return "is no longer needed: StackSets has roles of its own there"
    return (
        "is no longer wanted" if part.target == baseline.home else "the account is no longer chosen"
    )
