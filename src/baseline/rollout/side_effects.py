"""What a plan does beside what its steps say of themselves, in one sentence each. Pure."""

from collections.abc import Iterable, Iterator

from baseline import templates
from baseline.rollout import inviting, protection, service_managed
from baseline.rollout.catalogue import ORGANIZATION_TRAIL, Baseline
from baseline.rollout.choice import Choice
from baseline.rollout.state import State
from baseline.rollout.steps import COMING, Action, Kind, Step

_EXPORT = "the bucket keeps them; what is needed there, export first."


def of_steps(
    baseline: Baseline, state: State, choice: Choice, steps: Iterable[Step]
) -> Iterator[str]:
    """What nobody who reads only the reasons of ``steps`` would think of."""
    taken = list(steps)
    yield from _invited(baseline, choice, taken)
    yield from _log_groups(baseline, state, taken)
    for step in taken:
        if (step.action, step.kind) != (Action.DELETE, Kind.STACK):
            continue
        if step.part.name == ORGANIZATION_TRAIL:
            yield (
                f"the log group /{baseline.prefix}/organization-trail goes with all events that "
                f"are in it: {_EXPORT}"
            )
        if step.part.name == protection.NAME:
            yield "protection goes: from then on the members can switch the baseline off."


def _invited(baseline: Baseline, choice: Choice, steps: Iterable[Step]) -> Iterator[str]:
    """The accounts that are not chosen, where the main account invites all with one StackSet."""
    making = {
        step.part.name
        for step in steps
        if step.action in COMING and step.kind is Kind.INSTANCE and inviting.invites(step.part.name)
    }
    invited = {
        account
        for stack_set in baseline.stack_sets
        if stack_set.name in making
        for account in inviting.invited(templates.parse(stack_set.body))
    }
    others = len(invited - choice.accounts) if choice.accounts is not None else 0
    if others:
        yield (
            f"{' and '.join(sorted(making))} invites all members to GuardDuty, also {others} that "
            "are not chosen; these accept, and are watched, only when they are deployed to."
        )


def _log_groups(baseline: Baseline, state: State, steps: Iterable[Step]) -> Iterator[str]:
    """Those beside the trails of the accounts, which end when the organization has one."""
    going = [
        step.part.target
        for step in steps
        if (step.action, step.kind) == (Action.UPDATE, Kind.INSTANCE)
        and service_managed.family(step.part.name) == "auditing"
        and state.stack_sets[step.part.name].parameters.get("TrailIs") == "made"
        and step.part.target not in baseline.adopted.trails
    ]
    if baseline.has_one_trail and going:
        accounts = {target.account_id for target in going}
        yield (
            f"the log group /{baseline.prefix}/cloudtrail goes with all events that are in it, "
            f"{len(going)} times in {len(accounts)} accounts: {_EXPORT}"
        )
