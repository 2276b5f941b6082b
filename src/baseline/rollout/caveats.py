"""What one should know of a plan beside its steps, one sentence each. Pure."""

from collections.abc import Iterator, Mapping

from baseline.organization import Target
from baseline.rollout import delegation, loose_steps, service_managed, stack_steps
from baseline.rollout.catalogue import ROLES, Baseline
from baseline.rollout.delegation import Delegated
from baseline.rollout.state import State, Unknown


def of_plan(baseline: Baseline, state: State) -> Iterator[str]:
    """Those of a plan that leads to ``baseline``."""
    yield from baseline.warnings
    yield from _unseen(baseline, state)
    yield from _unseen_stacks(loose_steps.unseen(baseline, state))
    yield from _kept_members(baseline, state)
    yield from _paid_twice(baseline, state)
    yield from _unseen_administrator(baseline, state)
    yield from _without_plans(baseline, state)
    yield from _beyond(baseline, state)


def of_removal(baseline: Baseline, state: State) -> Iterator[str]:
    """Those of a plan that takes everything away."""
    yield from _unseen(baseline, state)
    yield from _unseen_stacks(state.unseen)
    yield from _kept_members(baseline, state)
    yield from _unseen_administrator(baseline, state)


def _unseen(baseline: Baseline, state: State) -> Iterator[str]:
    for part, found in stack_steps.others(baseline, state):
        if isinstance(found, Unknown):
            yield (
                f"{part.target.account_id} is left out; whether {ROLES} is there still could not "
                f"be seen: {found.cause}"
            )


def _unseen_stacks(unseen: Mapping[Target, Unknown]) -> Iterator[str]:
    """Where stacks may stay behind that no StackSet has: one sentence for each account."""
    by_account = {target.account_id: found for target, found in sorted(unseen.items())}
    for account_id, found in by_account.items():
        yield (
            f"whether stacks that no StackSet has are still in {account_id} could not be seen: "
            f"{found.cause}"
        )


def _kept_members(baseline: Baseline, state: State) -> Iterator[str]:
    for part in loose_steps.kept_members(baseline, state):
        yield (
            f"the stack of {part.name} in {part.target} belongs to no StackSet and is left: "
            "deleting it would switch GuardDuty off there, and lose its findings."
        )


def _paid_twice(baseline: Baseline, state: State) -> Iterator[str]:
    """Trails of others: AWS charges for each copy of management events but the first."""
    if isinstance(state.organization_trails, Unknown):
        cause = state.organization_trails.cause
        yield f"whether another trail records the organization could not be seen: {cause}"
        return
    for name in state.organization_trails:
        if name != baseline.organization_trail_name:
            yield (
                f"the organization's trail {name} records the same events as the baseline's: each "
                "account pays for the second copy."
            )


def _unseen_administrator(baseline: Baseline, state: State) -> Iterator[str]:
    """Where nobody could say whether GuardDuty has an administrator, and none is wanted."""
    for region, found in sorted(state.delegated.items()):
        if baseline.delegation is None and isinstance(found, Unknown):
            yield (
                "whether GuardDuty has an administrator for the organization, whose accounts "
                f"cannot be invited, could not be seen in {region}: {found.cause}"
            )


def _without_plans(baseline: Baseline, state: State) -> Iterator[str]:
    """The protection plans that a region has not got."""
    for region, found in sorted(state.delegated.items()):
        if baseline.delegation and isinstance(found, Delegated):
            for name in delegation.unavailable(baseline.delegation, found):
                yield f"GuardDuty's {name} is not there in {region}, and left out."


def _beyond(baseline: Baseline, state: State) -> Iterator[str]:
    """Where accounts that come later get what they should not: StackSets forget no unit."""
    for stack_set in baseline.stack_sets:
        found = state.stack_sets.get(stack_set.name)
        if stack_set.managed and found and found.managing:
            for unit in service_managed.beyond(stack_set.managed, found.managing):
                name = service_managed.family(stack_set.name)
                yield (
                    f"accounts that come into {unit} still get {name} by themselves, though it is "
                    "not among stack_sets.ous; to end that: baseline rollout remove --only "
                    f"{name}, then: baseline rollout deploy."
                )
