"""What holds for a plan from whatever state: it ends where it should, and touches nobody else's."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from baseline import templates
from baseline.configuration import Configuration
from baseline.organization import Account, Organization, Target
from baseline.rollout import plan
from baseline.rollout.catalogue import Part, Stack, StackSet, wanted
from baseline.rollout.plan import Action, Kind, Plan, Step
from baseline.rollout.state import InstanceState, StackSetState, StackState, State

MAIN, ONE, TWO, CLOSED, LEFT = (f"{number}" * 12 for number in range(1, 6))
REGIONS = ("eu-west-1", "us-east-1")
ORGANIZATION = Organization(
    "o-exampleorgid",
    MAIN,
    (
        *(Account(a, f"account-{a[0]}", f"{a}@bank.example", "ACTIVE") for a in (MAIN, ONE, TWO)),
        Account(CLOSED, "closed", "closed@bank.example", "SUSPENDED"),
    ),
)
_REAL = wanted(
    Configuration(home_region="eu-west-1"), ORGANIZATION, dict.fromkeys((MAIN, ONE, TWO), REGIONS)
)
# What the templates say does not matter here, and would be read again for every plan.
BODY = "Resources: {}"
TEMPLATE = templates.parse(BODY)
BASELINE = replace(
    _REAL,
    stacks=tuple(replace(stack, body=BODY) for stack in _REAL.stacks),
    stack_sets=tuple(replace(stack_set, body=BODY) for stack_set in _REAL.stack_sets),
)
CURRENT = InstanceState("CURRENT", "SUCCEEDED", "")
# Where StackSets may have instances, whether they should or not.
ANYWHERE = tuple(
    Target(account, region)
    for account, region in product((MAIN, ONE, TWO, CLOSED, LEFT), (*REGIONS, "ap-south-1"))
)
STATUSES = ("CURRENT", "OUTDATED", "INOPERABLE")


def good(stack: Stack) -> StackState:
    return StackState("CREATE_COMPLETE", "", TEMPLATE, stack.parameters, ORGANIZATION.id)


@st.composite
def states(draw: st.DrawFn) -> State:
    """Some of the stacks and StackSets, in good and bad states, as they were or otherwise."""
    return State(
        {stack.part: _stack(draw, stack) for stack in BASELINE.stacks if draw(st.booleans())},
        {s.name: _stack_set(draw, s) for s in BASELINE.stack_sets if draw(st.booleans())},
    )


def _stack(draw: st.DrawFn, stack: Stack) -> StackState:
    status = draw(st.sampled_from((*plan.GOOD, *plan.BROKEN, "UPDATE_ROLLBACK_FAILED")))
    return replace(good(stack), status=status, parameters=_parameters(draw, stack))


def _stack_set(draw: st.DrawFn, stack_set: StackSet) -> StackSetState:
    statuses = draw(st.dictionaries(st.sampled_from(ANYWHERE), st.sampled_from(STATUSES)))
    instances = {target: InstanceState(status, status, "") for target, status in statuses.items()}
    return StackSetState(TEMPLATE, _parameters(draw, stack_set), ORGANIZATION.id, instances)


def _parameters(draw: st.DrawFn, of: Stack | StackSet) -> dict[str, str]:
    # With another prefix it would be another baseline.
    names = [name for name in of.parameters if name != "Prefix"]
    changed = draw(st.sets(st.sampled_from(names), max_size=1)) if names else set()
    return {**of.parameters, **dict.fromkeys(changed, "something else")}


def applied(made: Plan, state: State) -> State:
    """What is there when every step has done what it says, and nothing else has changed."""
    # A StackSet goes after its instances, whatever the order in which a wave is shown.
    for step in sorted(made.steps, key=lambda s: (s.kind, s.action) == (Kind.STACK_SET, "delete")):
        state = _done(step, state)
    return state


def _done(step: Step, state: State) -> State:
    if step.action in (Action.SKIP, Action.UNKNOWN):
        return state
    if step.kind is Kind.STACK:
        kept = {part: found for part, found in state.stacks.items() if part != step.part}
        wanted_stacks = {stack.part: good(stack) for stack in BASELINE.stacks}
        made = {} if step.action is Action.DELETE else {step.part: wanted_stacks[step.part]}
        return replace(state, stacks=kept | made)
    name = step.part.name
    others = {n: found for n, found in state.stack_sets.items() if n != name}
    if step.kind is Kind.STACK_SET and step.action is Action.DELETE:
        return replace(state, stack_sets=others)
    instances = dict(state.stack_sets[name].instances) if name in state.stack_sets else {}
    if step.kind is Kind.INSTANCE:
        instances = _changed(instances, step)
    stack_set = next(s for s in BASELINE.stack_sets if s.name == name)
    found = StackSetState(TEMPLATE, stack_set.parameters, ORGANIZATION.id, instances)
    return replace(state, stack_sets={**others, name: found})


def _changed(instances: Mapping[Target, InstanceState], step: Step) -> dict[Target, InstanceState]:
    kept = {target: found for target, found in instances.items() if target != step.part.target}
    gone = step.action in (Action.DELETE, Action.RETAIN)
    return kept if gone else {**kept, step.part.target: CURRENT}


@given(states())
def test_from_any_state_the_plan_leads_to_where_nothing_is_to_be_done(state: State) -> None:
    once = applied(plan.make(BASELINE, state), state)
    again = plan.make(BASELINE, once)
    # An instance that takes no update is given up first, and made anew then.
    assert all(step.action in (Action.SKIP, Action.CREATE) for step in again.steps)
    lost = {
        Part(name, target)
        for name, found in state.stack_sets.items()
        for target, instance in found.instances.items()
        if instance.status == "INOPERABLE"
    }
    assert {step.part for step in again.changes} <= lost
    assert plan.make(BASELINE, applied(again, once)).empty


@given(states())
def test_a_plan_says_each_part_once_and_what_is_right_is_left_alone(state: State) -> None:
    steps = plan.make(BASELINE, state).steps
    parts = [(step.kind, step.part) for step in steps]
    assert len(parts) == len(set(parts))
    right = {
        stack.part
        for stack in BASELINE.stacks
        if (found := state.stacks.get(stack.part))
        and isinstance(found, StackState)
        and found.status in plan.GOOD
        and found.parameters == stack.parameters
    }
    stack_steps = {step.part: step.action for step in steps if step.kind is Kind.STACK}
    assert {part for part, action in stack_steps.items() if action is Action.SKIP} == right


@given(states())
def test_removing_from_any_state_leaves_nothing(state: State) -> None:
    made = plan.removal(BASELINE, state)
    assert all(step.action in (Action.DELETE, Action.RETAIN) for step in made.steps)
    left = applied(made, state)
    assert (left.stacks, left.stack_sets) == ({}, {})
    retained = {s.part.target.account_id for s in made.steps if s.action is Action.RETAIN}
    assert retained <= {CLOSED, LEFT}


@given(states())
def test_nothing_of_somebody_else_is_ever_in_a_plan(state: State) -> None:
    theirs = StackState("CREATE_COMPLETE", "", {}, {}, "")
    elsewhere = Part("theirs", Target(ONE, "eu-west-1"))
    with_theirs = replace(state, stacks={**state.stacks, elsewhere: theirs})
    for made in (plan.make(BASELINE, with_theirs), plan.removal(BASELINE, with_theirs)):
        assert elsewhere not in {step.part for step in made.steps}
