"""What is to be done with StackSets, and with their instances. Pure."""

from collections.abc import Iterator

from baseline.rollout import inviting, service_managed
from baseline.rollout.account_steps import out_of_reach, why_deleted
from baseline.rollout.catalogue import Baseline, Part, StackSet
from baseline.rollout.choice import Choice
from baseline.rollout.differences import because, changes
from baseline.rollout.loose_steps import Stacks, becoming
from baseline.rollout.state import FAILED_IMPORT, InstanceState, StackSetState, State
from baseline.rollout.steps import Action, Kind, Step

# StackSets excludes such an instance from updates [StackSets status codes: INOPERABLE].
_BY_HAND = "Delete its stack in that account and region by hand, then deploy again to make it anew"
_AS_IT_IS = "Its stack is left as it is; deploy again to take it in"


def steps(
    baseline: Baseline, wanted: StackSet, state: State, coming_over: Stacks
) -> Iterator[Step]:
    """What leads to a StackSet and its instances; ``coming_over`` are stacks that it takes in."""
    part, found = Part(wanted.name, baseline.home), state.stack_sets.get(wanted.name)
    if not wanted.targets:
        yield from _unwanted(baseline, wanted.name, found, coming_over)
        return
    different = changes(wanted, found) if found else ""
    if found is None:
        yield Step(Action.CREATE, Kind.STACK_SET, part, "is not there")
    elif said := "; ".join(filter(None, (different, *_by_itself(wanted, found)))):
        yield Step(Action.UPDATE, Kind.STACK_SET, part, said)
    else:
        yield Step(Action.SKIP, Kind.STACK_SET, part, "is as it should be")
    instances = found.instances if found else {}
    for target in sorted(wanted.targets | instances.keys()):
        instance, there = Part(wanted.name, target), instances.get(target)
        if target not in wanted.targets:
            yield _excess(baseline, instance, instances[target], coming_over)
        elif instance in coming_over and (there is None or there.status != "CURRENT"):
            yield _import(instance, coming_over[instance])
        elif there or not _stuck(state, instance):
            yield _instance_step(baseline, instance, there, different)


def removal(baseline: Baseline, name: str, found: StackSetState, choice: Choice) -> Iterator[Step]:
    """What takes the chosen instances of a StackSet away, and it with the last of them."""
    parts = [Part(name, target) for target in sorted(found.instances)]
    chosen = [part for part in parts if choice.has(part)]
    for part in chosen:
        out = out_of_reach(baseline, part)
        action = Action.RETAIN if out else Action.DELETE
        yield Step(action, Kind.INSTANCE, part, out or "is removed")
    if chosen == parts and (parts or choice.whole(name)):
        yield Step(Action.DELETE, Kind.STACK_SET, Part(name, baseline.home), "is removed")


def _by_itself(wanted: StackSet, found: StackSetState) -> Iterator[str]:
    """What differs in what a service-managed StackSet does by itself."""
    if wanted.managed:
        yield from service_managed.differences(wanted.managed, found.managing)


def _unwanted(
    baseline: Baseline, name: str, found: StackSetState | None, coming_over: Stacks
) -> Iterator[Step]:
    """A StackSet that is wanted nowhere goes, with its instances."""
    if found is None:
        return
    yield Step(Action.DELETE, Kind.STACK_SET, Part(name, baseline.home), "is no longer wanted")
    for target, there in sorted(found.instances.items()):
        yield _excess(baseline, Part(name, target), there, coming_over)


def _import(part: Part, stack_id: str) -> Step:
    reason = "its stack is there, and is taken in as it is"
    return Step(Action.IMPORT, Kind.INSTANCE, part, reason, stack_id)


def _instance_step(
    baseline: Baseline, part: Part, found: InstanceState | None, different: str
) -> Step:
    kept = baseline.adopted.of(service_managed.family(part.name), part.target)
    kept = f"; {kept}" if kept else ""
    if found is None:
        return Step(Action.CREATE, Kind.INSTANCE, part, f"is not there{kept}")
    if found.status == "INOPERABLE":
        return _given_up(part, found)
    if found.status != "CURRENT":
        state = f"{found.status}, {found.detail}" if found.detail else found.status
        return Step(Action.UPDATE, Kind.INSTANCE, part, f"is {state}{because(found.reason)}")
    if different:
        return Step(Action.UPDATE, Kind.INSTANCE, part, f"{different}{kept}")
    return Step(Action.SKIP, Kind.INSTANCE, part, f"is as it should be{kept}")


def _given_up(part: Part, found: InstanceState) -> Step:
    """An instance that takes no update is given up before its stack can be one again."""
    why = because(found.reason).rstrip(".")
    said = (
        f"could not be taken in{why}. {_AS_IT_IS}"
        if found.detail == FAILED_IMPORT
        else f"is INOPERABLE and takes no update{why}. {_BY_HAND}"
    )
    return Step(Action.RETAIN, Kind.INSTANCE, part, said)


def _stuck(state: State, part: Part) -> bool:
    """Whether another StackSet of the template has a stack there that has to be given up first."""
    # Where nobody could look, that is told first.
    if inviting.invites(part.name) or part.target in state.unseen:
        return False
    found = (state.stack_sets.get(name) for name in service_managed.namesakes(part.name))
    instances = [stack_set.instances.get(part.target) for stack_set in found if stack_set]
    return any(instance and instance.status == "INOPERABLE" for instance in instances)


def _excess(baseline: Baseline, part: Part, found: InstanceState, coming_over: Stacks) -> Step:
    """An instance where none should be.

    It is given up where the account cannot be reached, where another StackSet takes its stack in,
    and where another should have it and cannot: a deletion would take what is live along.
    """
    other = becoming(baseline, part)
    if other != part and other in coming_over:
        reason = f"goes over to {other.name}, with all that it made"
        return Step(Action.RETAIN, Kind.INSTANCE, part, reason)
    if out := out_of_reach(baseline, part):
        return Step(Action.RETAIN, Kind.INSTANCE, part, out)
    goes_over = other != part and part.target in baseline.stack_set(other.name).targets
    if goes_over and found.status == "INOPERABLE":
        return _given_up(part, found)
    return Step(Action.DELETE, Kind.INSTANCE, part, why_deleted(baseline, part))
