"""Which steps are taken of all: those that are chosen, and those that these bring along. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from baseline.errors import UsageError
from baseline.organization import Target
from baseline.rollout import service_managed
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.choice import Choice
from baseline.rollout.steps import COMING, GOING, Action, Kind, Step


def taken(baseline: Baseline, waves: list[list[Step]], choice: Choice) -> list[list[Step]]:
    """The waves, with the steps alone that are taken; UsageError for a StackSet without any."""
    those = _taken(baseline, [s for wave in waves for s in wave], choice)
    return [[those[s.kind, s.part] for s in wave if (s.kind, s.part) in those] for wave in waves]


def _taken(baseline: Baseline, steps: list[Step], choice: Choice) -> dict[tuple[Kind, Part], Step]:
    """The chosen steps, what those that make something need, and the StackSets of both."""
    parts = {s.part: s for s in steps if s.kind is not Kind.STACK_SET}
    taken = {p: s for p, s in parts.items() if choice.has(p) or _concerns(baseline, p, choice)}
    given_up = {_alike(s): s for s in parts.values() if s.action is Action.RETAIN}
    waiting = list(taken.values())
    while waiting:
        step = waiting.pop()
        if step.action is Action.IMPORT and (before := given_up.get(_alike(step))):
            taken[before.part] = before
        for part in baseline.needs(step.part) if step.action in COMING else ():
            needed = parts.get(part)
            if part in taken or needed is None or needed.action in (Action.SKIP, *GOING):
                continue
            why = f"{needed.reason}; needed by {_by_whom(baseline, step.part)}"
            taken[part] = replace(needed, reason=why)
            waiting.append(needed)
    stack_sets = [s for s in steps if s.kind is Kind.STACK_SET]
    stack_sets = [s for s in stack_sets if _takes_part(s, parts.values(), taken, choice)]
    return {(s.kind, s.part): s for s in (*taken.values(), *stack_sets)}


def _by_whom(baseline: Baseline, part: Part) -> str:
    """Without the region: many ask for the same, and the first of them says no more."""
    account = baseline.accounts.get(part.target.account_id)
    return f"{part.name} in {account.name if account else part.target.account_id}"


def _alike(step: Step) -> tuple[str, Target]:
    """What the instances of one template in one place have in common."""
    return service_managed.family(step.part.name), step.part.target


def _concerns(baseline: Baseline, part: Part, choice: Choice) -> bool:
    """Whether the delegation in a region is about a chosen account: it is its administrator's."""
    wanted, region = baseline.delegation, part.target.region
    if wanted is None or part != baseline.delegated(region) or not choice.accounts:
        return False
    ours = wanted.accounts[region] & choice.accounts
    return bool(ours) and replace(choice, accounts=None).has(part)


def _takes_part(
    stack_set: Step, instances: Iterable[Step], taken: dict[Part, Step], choice: Choice
) -> bool:
    """Whether a StackSet is changed or looked at for the sake of its instances that are taken.

    An update that names no instance would reach all of them, also those not chosen.
    """
    own = [s for s in instances if s.part.name == stack_set.part.name]
    chosen = [s for s in own if s.part in taken]
    if not choice.whole(stack_set.part.name) and all(s.action in GOING for s in chosen):
        return False
    updates = {s.part for s in own if s.action is Action.UPDATE}
    if stack_set.action is Action.UPDATE and updates and not updates & taken.keys():
        raise UsageError(
            f"StackSet {stack_set.part.name} has changed, and none of its instances is chosen",
            remedy="Choose at least one of its accounts and regions, or all.",
        )
    return True
