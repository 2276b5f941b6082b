"""What holds for a plan from whatever state: it ends where it should, and touches nobody else's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from baseline import templates
from baseline.configuration import (
    Adopt,
    CloudTrail,
    Configuration,
    GuardDuty,
    Protection,
    StackSets,
    Vpc,
    VpcNetwork,
)
from baseline.organization import Account, Organization, Target
from baseline.rollout import delegation, plan, protection, removal, service_managed
from baseline.rollout.catalogue import Baseline, Part, Stack, StackSet
from baseline.rollout.delegation import Delegated, Delegation
from baseline.rollout.service_managed import Automation, Managing
from baseline.rollout.state import (
    BROKEN,
    FAILED_IMPORT,
    GOOD,
    InstanceState,
    StackSetState,
    StackState,
    State,
    Unknown,
)
from baseline.rollout.steps import Action, Kind, Plan, Step
from baseline.rollout.wanted import wanted

MAIN, ONE, TWO, CLOSED, LEFT = (f"{number}" * 12 for number in range(1, 6))
REGIONS = ("eu-west-1", "us-east-1")
ORGANIZATION = Organization(
    "o-exampleorgid",
    MAIN,
    (
        *(
            Account(a, f"account-{a[0]}", f"{a}@bank.example", "ACTIVE", parents=("r-1",))
            for a in (MAIN, ONE, TWO)
        ),
        Account(CLOSED, "closed", "closed@bank.example", "SUSPENDED", parents=("r-1",)),
    ),
    {"/": "r-1"},
)
DETECTOR = "0123456789abcdef0123456789abcdef"
# What can be configured otherwise, so that a plan has other steps.
CONFIGURATIONS = {
    "plain": Configuration(home_region="eu-west-1"),
    "adoption": Configuration(
        home_region="eu-west-1",
        adopt=Adopt(
            config={ONE: ("us-east-1",), MAIN: REGIONS},
            cloudtrail={TWO: REGIONS},
            guardduty={ONE: {"eu-west-1": DETECTOR}, MAIN: {"us-east-1": DETECTOR}},
        ),
    ),
    "networks": Configuration(
        home_region="eu-west-1",
        vpc=Vpc(
            accounts=(ONE, CLOSED),
            regions=REGIONS,
            networks=(VpcNetwork(account=MAIN, region="eu-west-1", cidr="192.168.0.0/16"),),
        ),
    ),
    "one trail": Configuration(home_region="eu-west-1", cloudtrail=CloudTrail(mode="organization")),
    "protection": Configuration(home_region="eu-west-1", protection=Protection(ous=("/",))),
    "service": Configuration(home_region="eu-west-1", stack_sets=StackSets(mode="service-managed")),
    "delegation": Configuration(
        home_region="eu-west-1",
        guardduty=GuardDuty(
            mode="delegated-admin", administrator=ONE, protection_plans=("S3_DATA_EVENTS",)
        ),
    ),
}
# What the templates say does not matter here, and would be read again for every plan.
BODY = "Resources: {}"
TEMPLATE = templates.parse(BODY)


def bare(configuration: Configuration) -> Baseline:
    """What should be, with templates that are read quickly."""
    regions = dict.fromkeys((MAIN, ONE, TWO), REGIONS)
    made = wanted(configuration, ORGANIZATION, regions)
    return replace(
        made,
        stacks=tuple(replace(stack, body=BODY) for stack in made.stacks),
        stack_sets=tuple(replace(stack_set, body=BODY) for stack_set in made.stack_sets),
    )


BASELINES = {name: bare(configuration) for name, configuration in CONFIGURATIONS.items()}
# Any of which may be there, also from before the configuration became another.
STACKS = {stack.part: stack for baseline in BASELINES.values() for stack in baseline.stacks}
# However busy the machine is.
SOME = settings(max_examples=70, deadline=None)
CURRENT = InstanceState("CURRENT", "SUCCEEDED", "")
# Where StackSets may have instances, whether they should or not.
ANYWHERE = tuple(
    Target(account, region)
    for account, region in product((MAIN, ONE, TWO, CLOSED, LEFT), (*REGIONS, "ap-south-1"))
)
# Where stacks may be that no StackSet has, and of which templates.
IN_MEMBERS = tuple(t for t in ANYWHERE if t.account_id in (ONE, TWO))
FAMILIES = ("audit-roles", "auditing", "guardduty-member")
# The detailed status of each is its own, but for stacks that could not be taken in.
STATUSES = ("CURRENT", "OUTDATED", "INOPERABLE", FAILED_IMPORT)


def good(stack: Stack) -> StackState:
    return StackState("CREATE_COMPLETE", "", TEMPLATE, stack.parameters, ORGANIZATION.id)


@dataclass(frozen=True)
class Case:
    """What should be, and what is there."""

    baseline: Baseline
    state: State

    def plan(self) -> Plan:
        """The steps from what is there to what should be."""
        return plan.make(self.baseline, self.state)


@st.composite
def cases(draw: st.DrawFn, names: tuple[str, ...] = tuple(BASELINES)) -> Case:
    """Some of the stacks and StackSets, in good and bad states, as they were or otherwise."""
    baseline = BASELINES[draw(st.sampled_from(names))]
    stacks = {**STACKS, **{stack.part: stack for stack in baseline.stacks}}
    state = State(
        {part: _stack(draw, stack) for part, stack in stacks.items() if draw(st.booleans())},
        {s.name: _stack_set(draw, s) for s in baseline.stack_sets if draw(st.booleans())},
        delegated=_regions(draw, baseline.delegation) if baseline.delegation else {},
    )
    return Case(baseline, _with_loose(draw, baseline, state))


def _with_loose(draw: st.DrawFn, baseline: Baseline, state: State) -> State:
    """The same, with stacks in members that no StackSet has, and where nobody could look."""
    held = {
        (service_managed.family(n), t) for n, s in state.stack_sets.items() for t in s.instances
    }
    free = sorted(set(product(FAMILIES, IN_MEMBERS)) - held)
    drawn = draw(st.sets(st.sampled_from(free), max_size=3)) if free else set()
    parts = [baseline.instance(family, target) for family, target in sorted(drawn)]
    places = sorted(set(IN_MEMBERS) - {part.target for part in parts})
    unseen = draw(st.sets(st.sampled_from(places), max_size=1))
    return replace(
        state,
        loose={part: f"arn:{part}" for part in parts},
        # What is adopted there is not of their making.
        adopting={p: StackState("CREATE_COMPLETE", "", TEMPLATE, {}, "") for p in parts},
        unseen=dict.fromkeys(unseen, Unknown("denied")),
    )


def _regions(draw: st.DrawFn, wanted: Delegation) -> dict[str, Delegated]:
    return {r: _delegated(draw, wanted, r) for r in wanted.accounts if draw(st.booleans())}


def _delegated(draw: st.DrawFn, wanted: Delegation, region: str) -> Delegated:
    """GuardDuty without an administrator, as it should be, or otherwise in one thing."""
    right = as_it_should_be(wanted, region)
    others = (
        Delegated(),
        replace(right, auto_enable="NONE"),
        replace(right, frequency="SIX_HOURS"),
        replace(right, own={}),
        replace(right, members={}),
        replace(right, members=dict.fromkeys(right.members, delegation.DISABLED)),
        replace(right, plans={}, own={}),  # a region that has not got the plan
        replace(right, ours=False),  # named by somebody else
    )
    return draw(st.sampled_from((right, *others)))


def as_it_should_be(wanted: Delegation, region: str, had: Delegated | None = None) -> Delegated:
    """What is found in a region once it is administered; plans that it has not got stay away."""
    plans = had.plans if had and had.administrator else wanted.plans
    return Delegated(
        administrator=wanted.administrator,
        auto_enable=wanted.auto_enable,
        frequency=wanted.frequency,
        plans=dict.fromkeys(plans, wanted.auto_enable),
        own=dict.fromkeys(plans, "ENABLED"),
        members=dict.fromkeys(wanted.accounts[region], delegation.ENABLED),
        ours=had.ours if had and had.administrator else True,
    )


def _stack(draw: st.DrawFn, stack: Stack) -> StackState:
    status = draw(st.sampled_from((*GOOD, *BROKEN, "UPDATE_ROLLBACK_FAILED")))
    return replace(good(stack), status=status, parameters=_parameters(draw, stack))


def _stack_set(draw: st.DrawFn, stack_set: StackSet) -> StackSetState:
    statuses = draw(st.dictionaries(st.sampled_from(ANYWHERE), st.sampled_from(STATUSES)))
    # Of one that was made, another StackSet can take the stack in.
    stack_id = draw(st.sampled_from(("", "arn:stack")))
    instances = {t: _instance(s, stack_id) for t, s in statuses.items()}
    given = _parameters(draw, stack_set)
    managing = _managing(stack_set, on=draw(st.booleans()))
    return StackSetState(TEMPLATE, given, ORGANIZATION.id, instances, managing)


def _instance(status: str, stack_id: str) -> InstanceState:
    return InstanceState("INOPERABLE" if status == FAILED_IMPORT else status, status, "", stack_id)


def _managing(stack_set: StackSet, *, on: bool = True) -> Managing | None:
    """What a service-managed StackSet does by itself: as it should be, or nothing."""
    wanted = stack_set.managed
    if wanted is None:
        return None
    automation = wanted.automation if on else Automation(on=False)
    return Managing(automation, dict.fromkeys(wanted.units, wanted.regions))


def _parameters(draw: st.DrawFn, of: Stack | StackSet) -> dict[str, str]:
    # With another prefix it would be another baseline.
    names = [name for name in of.parameters if name != "Prefix"]
    changed = draw(st.sets(st.sampled_from(names), max_size=1)) if names else set()
    return {**of.parameters, **dict.fromkeys(changed, "something else")}


def applied(made: Plan, case: Case) -> Case:
    """What is there when every step has done what it says, and nothing else has changed.

    Whoever could not look can, and finds nothing.
    """
    case = replace(case, state=replace(case.state, unseen={}))
    # A StackSet goes after its instances, whatever the order in which a wave is shown.
    for step in sorted(made.steps, key=lambda s: (s.kind, s.action) == (Kind.STACK_SET, "delete")):
        if step.action not in (Action.SKIP, Action.UNKNOWN):
            case = replace(case, state=_done(step, case))
    return case


def _done(step: Step, case: Case) -> State:
    state, baseline = case.state, case.baseline
    if step.kind is Kind.DELEGATION:
        return replace(state, delegated=_handed_over(step, case))
    if step.stack:
        state = replace(state, loose={p: s for p, s in state.loose.items() if s != step.stack})
        if step.kind is Kind.STACK:
            return state
    if step.kind is Kind.STACK:
        kept = {part: found for part, found in state.stacks.items() if part != step.part}
        wanted_stacks = {stack.part: good(stack) for stack in baseline.stacks}
        made = {} if step.action is Action.DELETE else {step.part: wanted_stacks[step.part]}
        return replace(state, stacks=kept | made)
    name = step.part.name
    others = {n: found for n, found in state.stack_sets.items() if n != name}
    if step.kind is Kind.STACK_SET and step.action is Action.DELETE:
        return replace(state, stack_sets=others)
    instances = dict(state.stack_sets[name].instances) if name in state.stack_sets else {}
    if step.kind is Kind.INSTANCE:
        instances = _changed(instances, step)
    stack_set = baseline.stack_set(name)
    managing = _managing(stack_set)
    found = StackSetState(TEMPLATE, stack_set.parameters, ORGANIZATION.id, instances, managing)
    return replace(state, stack_sets={**others, name: found})


def _handed_over(step: Step, case: Case) -> dict[str, Delegated | Unknown]:
    region, delegated = step.part.target.region, dict(case.state.delegated)
    had = delegated.pop(region, None)
    if step.action is Action.DELETE:
        return delegated
    assert case.baseline.delegation
    assert not isinstance(had, Unknown)
    return {**delegated, region: as_it_should_be(case.baseline.delegation, region, had)}


def _changed(instances: Mapping[Target, InstanceState], step: Step) -> dict[Target, InstanceState]:
    kept = {target: found for target, found in instances.items() if target != step.part.target}
    gone = step.action in (Action.DELETE, Action.RETAIN)
    return kept if gone else {**kept, step.part.target: CURRENT}


@SOME
@given(cases())
def test_from_any_state_the_plan_leads_to_where_nothing_is_to_be_done(case: Case) -> None:
    once = applied(case.plan(), case)
    again = once.plan()
    # An instance that takes no update is given up first, and made anew then.
    assert all(step.action in (Action.SKIP, Action.CREATE) for step in again.steps)
    lost = {
        (service_managed.family(name), target)
        for name, found in case.state.stack_sets.items()
        for target, instance in found.instances.items()
        if instance.status == "INOPERABLE"
    }
    again_there = {s for s in again.changes if s.part.target not in case.state.unseen}
    assert {_place(step) for step in again_there} <= lost
    assert applied(again, once).plan().empty


@settings(max_examples=40, deadline=None)
@given(cases(names=("service", "plain")))
def test_a_stack_is_taken_in_where_it_was_given_up_and_is_never_deleted(case: Case) -> None:
    steps = [s for s in case.plan().steps if s.kind is Kind.INSTANCE]
    taken = {_place(s) for s in steps if s.action is Action.IMPORT}
    left = {_place(s) for s in steps if "goes over" in s.reason}
    failed = set(_not_taken_in(case))
    found = {(service_managed.family(p.name), p.target) for p in case.state.loose}
    assert taken <= left | failed | found
    had = {
        (service_managed.family(s.name), target)
        for s in case.baseline.stack_sets
        if (known := case.state.stack_sets.get(s.name))
        for target, instance in known.instances.items()
        if target in s.targets and instance.status == "CURRENT"
    }
    assert failed - had <= taken
    assert (taken | failed).isdisjoint({_place(s) for s in steps if s.action is Action.DELETE})


def _not_taken_in(case: Case) -> Iterator[tuple[str, Target]]:
    """Where an import failed of what should be there, whichever StackSet tried it."""
    wanted_parts = {Part(s.name, t) for s in case.baseline.stack_sets for t in s.targets}
    for name, found in case.state.stack_sets.items():
        family = service_managed.family(name)
        for target, instance in found.instances.items():
            failed = instance.detail == FAILED_IMPORT and instance.stack_id
            if failed and case.baseline.instance(family, target) in wanted_parts:
                yield family, target


def _place(step: Step) -> tuple[str, Target]:
    return service_managed.family(step.part.name), step.part.target


@SOME
@given(cases())
def test_what_no_stack_set_has_is_taken_in_or_goes_and_what_nobody_saw_is_not_made(
    case: Case,
) -> None:
    made = case.plan()
    loose = {s.stack: s.action for s in made.steps if s.stack in case.state.loose.values()}
    left = set(_administered(case))
    for part, stack in case.state.loose.items():
        belongs = part.target in case.baseline.stack_set(part.name).targets
        wanted_action = Action.IMPORT if belongs else Action.DELETE
        assert loose.get(stack) == (None if part in left else wanted_action)
        assert part not in left or any(str(part.target) in said for said in made.warnings)
    instances = [s for s in made.steps if s.kind is Kind.INSTANCE]
    created = {s.part.target for s in instances if s.action is Action.CREATE}
    assert created.isdisjoint(case.state.unseen)
    # Where something may be that no step tells of, a warning does.
    told = {s.part.target for s in instances if s.action is Action.UNKNOWN}
    for target in case.state.unseen.keys() - told:
        assert any(f"{target.account_id} could not be seen" in said for said in made.warnings)


def _administered(case: Case) -> Iterator[Part]:
    """The stacks in no StackSet with a member of GuardDuty that its administrator has."""
    for part in case.state.loose if case.baseline.delegation else ():
        if service_managed.family(part.name) == "guardduty-member":
            yield part


@SOME
@given(cases())
def test_a_plan_says_each_part_once_and_what_is_right_is_left_alone(case: Case) -> None:
    steps = case.plan().steps
    parts = [(step.kind, step.part) for step in steps]
    assert len(parts) == len(set(parts))
    right = {
        stack.part
        for stack in case.baseline.stacks
        if (found := case.state.stacks.get(stack.part))
        and isinstance(found, StackState)
        and found.status in GOOD
        and found.parameters == stack.parameters
    }
    stack_steps = {step.part: step.action for step in steps if step.kind is Kind.STACK}
    assert {part for part, action in stack_steps.items() if action is Action.SKIP} == right


@settings(max_examples=40, deadline=None)
@given(cases(names=("adoption",)))
def test_what_is_adopted_is_said_wherever_an_instance_is_made_or_right(case: Case) -> None:
    instances = [s for s in case.plan().steps if s.kind is Kind.INSTANCE]
    steps = [s for s in instances if s.action in (Action.CREATE, Action.SKIP)]
    kept = [s.part for s in steps if case.baseline.adopted.of(s.part.name, s.part.target)]
    assert [s.part for s in steps if s.reason.endswith("adopted")] == kept


@SOME
@given(cases())
def test_removing_from_any_state_leaves_nothing_but_what_others_named(case: Case) -> None:
    made = removal.make(case.baseline, case.state)
    theirs = {region for region, found in named(case.state).items() if not found.ours}
    skipped = {(s.kind, s.part.target.region) for s in made.steps if s.action is Action.SKIP}
    assert skipped == {(Kind.DELEGATION, region) for region in theirs}
    left = applied(made, case).state
    assert (left.stacks, left.stack_sets) == ({}, {})
    assert left.loose.keys() == set(_administered(case))
    assert named(left).keys() == theirs
    retained = {s.part for s in made.steps if s.action is Action.RETAIN}
    needed = {Part("guardduty-main", Target(MAIN, region)) for region in theirs}
    assert {part.target.account_id for part in retained - needed} <= {CLOSED, LEFT}


@SOME
@given(cases())
def test_what_protects_the_rest_is_made_last_and_goes_first(case: Case) -> None:
    for made in (case.plan(), removal.make(case.baseline, case.state)):
        changes = [s for wave in made.waves for s in wave if s.action is not Action.SKIP]
        coming = [s.part.name for s in changes if s.action in (Action.CREATE, Action.UPDATE)]
        going = [s.part.name for s in changes if s.action is Action.DELETE]
        assert protection.NAME not in coming[:-1]
        assert protection.NAME not in going[1:]


def named(state: State) -> dict[str, Delegated]:
    """The regions in which GuardDuty has an administrator."""
    found = {r: one for r, one in state.delegated.items() if isinstance(one, Delegated)}
    return {region: one for region, one in found.items() if one.administrator}


@SOME
@given(cases())
def test_nothing_of_somebody_else_is_ever_in_a_plan(case: Case) -> None:
    theirs = StackState("CREATE_COMPLETE", "", {}, {}, "")
    elsewhere = Part("theirs", Target(ONE, "eu-west-1"))
    with_theirs = replace(case.state, stacks={**case.state.stacks, elsewhere: theirs})
    for made in (plan.make(case.baseline, with_theirs), removal.make(case.baseline, with_theirs)):
        assert elsewhere not in {step.part for step in made.steps}
