"""The difference between what should be and what is, as steps in waves. Pure: nothing is called.

An empty plan is the proof that the roll-out is complete; removal is a plan in reverse.
"""

from collections.abc import Iterator
from dataclasses import replace

from baseline.errors import UsageError
from baseline.rollout import (
    account_steps,
    caveats,
    chosen_steps,
    delegation_steps,
    handover,
    loose_steps,
    service_managed,
    side_effects,
    stack_set_steps,
    stack_steps,
    standing,
)
from baseline.rollout.catalogue import ORGANIZATION_TRAIL, ROLES, Baseline
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.state import State
from baseline.rollout.steps import GOING, Action, Kind, Plan, Step, in_waves, ordered


def make(baseline: Baseline, state: State, choice: Choice = EVERYTHING) -> Plan:
    """The steps that lead from ``state`` to ``baseline``: first what goes, last made first.

    What is chosen brings along what it needs and what is not in order. A member leaves GuardDuty
    only while the main account still has it, so what goes in the main account goes after what goes
    in the members; and the organization's trail goes when those of the accounts are there.

    Raises ConfigurationError when something of the same name belongs to somebody else, or when
    what cannot be changed was changed; UsageError when the choice holds nothing.
    """
    stage = handover.stage(baseline, state)
    if stage is None or not any(map(choice.named, handover.NAMES)):
        return _make(baseline, state, choice)
    if not all(map(choice.whole, handover.NAMES)):
        raise UsageError(
            "GuardDuty goes over from invitations to an administrator as a whole",
            remedy="Choose no account and no region, and all of "
            + " ".join(f"--only {name}" for name in handover.NAMES),
        )
    first = _make(stage, handover.before(stage, state), EVERYTHING)
    made = _make(baseline, handover.after(stage, state), choice)
    warnings = (*made.warnings, handover.warning(baseline))
    return replace(made, stage=(_keeping(first), stage), warnings=warnings)


def _keeping(first: Plan) -> Plan:
    """The stage with its reason; which accounts are not active, the plan itself says."""
    return Plan(
        tuple(
            tuple(
                replace(s, reason=handover.REASON) if s.action is Action.UPDATE else s
                for s in wave
                if s.kind is not Kind.ACCOUNT
            )
            for wave in first.waves
        )
    )


def _make(baseline: Baseline, state: State, choice: Choice) -> Plan:
    standing.check_home(state)
    standing.check_prefix(baseline, state)
    standing.check_networks(baseline, state)
    standing.check_adopted(baseline, state)
    standing.check_administrator(baseline, state)
    waves = chosen_steps.taken(baseline, in_waves(_every_step(baseline, state)), choice)
    waves[0] += account_steps.inactive(baseline, choice)
    _check_any(waves)
    standing.check_owners(baseline, state, waves)
    standing.check_others(baseline, state, delegation_steps.delegating(waves))
    steps = (step for wave in waves for step in wave)
    more = side_effects.of_steps(baseline, state, choice, steps)
    return Plan(ordered(_in_turn(waves)), (*caveats.of_plan(baseline, state), *more))


def _every_step(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """The steps of the whole baseline, with their waves."""
    for stack in baseline.stacks:
        yield stack.wave, stack_steps.step(stack, state.stacks.get(stack.part))
    coming_over = loose_steps.coming_over(baseline, state)
    for stack_set in baseline.stack_sets:
        for step in stack_set_steps.steps(baseline, stack_set, state, coming_over):
            yield stack_set.wave, loose_steps.heeded(baseline, state, step)
    yield from delegation_steps.steps(baseline, state)
    yield from stack_steps.leftovers(baseline, state)
    yield from loose_steps.deletions(baseline, state)


def _check_any(waves: list[list[Step]]) -> None:
    if not any(waves):
        raise UsageError(
            "nothing of the baseline belongs where these accounts, regions and names meet",
            remedy="See where it belongs: baseline rollout plan --all",
        )


def _in_turn(waves: list[list[Step]]) -> list[list[Step]]:
    """The waves as they are carried out: what goes, in reverse, before what comes or stays."""
    first = list(_coming_first(waves))
    begun = [s for wave in first for s in wave]
    last = [s for wave in waves for s in wave if _goes_last(s)]
    going = [[s for s in w if s.action in GOING and s not in last] for w in reversed(waves)]
    staying = [[s for s in w if s.action not in GOING and s not in begun] for w in waves]
    return [*first, *going, *staying, last]


def _coming_first(waves: list[list[Step]]) -> Iterator[list[Step]]:
    """The StackSets that are to take stacks in: nothing is given up before they are there."""
    taking = {s.part.name for w in waves for s in w if s.action is Action.IMPORT}
    for wave in waves if taking else ():
        made = [s for s in wave if (s.action, s.kind) == (Action.CREATE, Kind.STACK_SET)]
        # One that deploys by itself names those that have to be done before it.
        yield [s for s in made if s.part.name in taking or service_managed.is_one(s.part.name)]


def _goes_last(step: Step) -> bool:
    """What is needed until all else is done.

    That is the roles, until other StackSets have the stacks, and a StackSet that gave its stacks
    up: while it is there, stacks that no StackSet has are looked for.
    """
    gone = step.kind is Kind.STACK_SET and service_managed.is_one(step.part.name)
    return (gone or step.part.name in (ORGANIZATION_TRAIL, ROLES)) and step.action in GOING
