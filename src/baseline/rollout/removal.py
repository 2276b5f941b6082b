"""A plan that takes everything away again: the roll-out in reverse. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from baseline.organization import Target
from baseline.rollout import (
    caveats,
    delegation_steps,
    handover,
    inviting,
    loose_steps,
    stack_set_steps,
    stack_steps,
    standing,
)
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.state import State
from baseline.rollout.steps import Action, Kind, Plan, Step, in_waves, ordered


def make(baseline: Baseline, state: State, choice: Choice = EVERYTHING) -> Plan:
    """The steps that take everything away again, last made first.

    An administrator of GuardDuty who was there before, or has members of others, is left, and so
    is the main account's detector, which has to be there as long.
    """
    standing.check_home(state)
    if any(map(choice.named, handover.NAMES)):
        standing.check_administrator(baseline, state)
    waves = in_waves(_every_step(baseline, state, choice))
    standing.check_owners(baseline, state, waves)
    return Plan(ordered(reversed(waves)), tuple(caveats.of_removal(baseline, state)))


def _every_step(baseline: Baseline, state: State, choice: Choice) -> Iterator[tuple[int, Step]]:
    """The chosen steps that take something away, with the waves in which it was made."""
    left = frozenset(_left(baseline, state))
    for stack in baseline.stacks:
        stack_found = state.stacks.get(stack.part)
        if choice.has(stack.part) and stack_found:
            yield stack.wave, stack_steps.removal(stack, stack_found)
    for stack_set in baseline.stack_sets:
        found = state.stack_sets.get(stack_set.name)
        if choice.named(stack_set.name) and found:
            for step in stack_set_steps.removal(baseline, stack_set.name, found, choice):
                yield stack_set.wave, _kept(step) if step.part in left else step
    for number, step in _single_steps(baseline, state):
        if choice.has(step.part):
            yield number, step


def _single_steps(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """What else goes, with its wave: delegations, and stacks that are left over."""
    yield from delegation_steps.removals(baseline, state)
    yield from stack_steps.leftovers(baseline, state)
    yield from loose_steps.removals(baseline, state)


def _left(baseline: Baseline, state: State) -> Iterator[Part]:
    """The main account's detectors in the regions whose administrator is left."""
    for _, step in delegation_steps.removals(baseline, state):
        here = Target(baseline.home.account_id, step.part.target.region)
        if step.action is Action.SKIP and here not in baseline.adopted.detectors:
            yield Part(inviting.FIRST, here)


def _kept(step: Step) -> Step:
    if step.kind is not Kind.INSTANCE:
        return step
    reason = "belongs to GuardDuty's administrator, which is left, or to a member of it"
    return replace(step, action=Action.RETAIN, reason=reason)
