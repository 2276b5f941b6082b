"""Going over to service-managed StackSets, and back: what a plan does, without any call."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from baseline import templates
from baseline.configuration import Adopt, Configuration, GuardDuty, StackSets
from baseline.errors import AwsError, ConfigurationError, UsageError
from baseline.organization import Account, Organization, Target
from baseline.parallel import Failed
from baseline.rollout import deploy, kept_plan, plan, removal, service_managed
from baseline.rollout.catalogue import MEMBERS, Baseline, Part
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.service_managed import Managing
from baseline.rollout.state import InstanceState, StackSetState, StackState, State, Unknown
from baseline.rollout.steps import Action, Kind, Plan, Step
from baseline.rollout.wanted import wanted

MAIN, ONE, TWO = ("111111111111", "222222222222", "333333333333")
HOME = "eu-west-1"
ORGANIZATION = Organization(
    "o-exampleorgid",
    MAIN,
    tuple(
        Account(a, f"account-{a[0]}", f"{a}@bank.example", "ACTIVE", parents=("r-1",))
        for a in (MAIN, ONE, TWO)
    ),
    {"/": "r-1"},
)
SELF = Configuration(home_region=HOME, guardduty=GuardDuty(mode="delegated-admin"))
SERVICE = SELF.model_copy(update={"stack_sets": StackSets(mode="service-managed")})
INVITING = SELF.model_copy(update={"guardduty": GuardDuty()})
INVITING_BY_SERVICE = INVITING.model_copy(update={"stack_sets": SERVICE.stack_sets})
ADOPTING = {"adopt": Adopt(config={ONE: (HOME,)})}
FAMILIES = ("audit-roles", "auditing", "config-rules")
THERE = Target(ONE, HOME)
MANAGED = "-service-managed"


def given_a_baseline(configuration: Configuration) -> Baseline:
    return wanted(configuration, ORGANIZATION, dict.fromkeys((MAIN, ONE, TWO), (HOME,)))


def given_all_is_there(baseline: Baseline) -> State:
    stacks = {
        s.part: StackState(
            "CREATE_COMPLETE", "", templates.parse(s.body), s.parameters, ORGANIZATION.id
        )
        for s in baseline.stacks
    }
    stack_sets = {
        s.name: StackSetState(
            templates.parse(s.body),
            s.parameters,
            ORGANIZATION.id,
            {t: InstanceState("CURRENT", "", "", f"{s.name} {t}") for t in s.targets},
            Managing(s.managed.automation, dict.fromkeys(s.managed.units, s.managed.regions))
            if s.managed and service_managed.is_one(s.name)
            else None,
        )
        for s in baseline.stack_sets
        if s.targets
    }
    return State(stacks, stack_sets)


def given_up(state: State, accounts: tuple[str, ...] = (ONE, TWO)) -> State:
    """The same, with the stacks of members in no StackSet."""
    loose = dict(_stacks_of(state, accounts))
    stack_sets = {
        name: replace(
            found,
            instances={t: i for t, i in found.instances.items() if t.account_id not in accounts},
        )
        for name, found in state.stack_sets.items()
    }
    return replace(state, stack_sets=stack_sets, loose=loose)


def _stacks_of(state: State, accounts: tuple[str, ...]) -> Iterator[tuple[Part, str]]:
    for name, found in state.stack_sets.items():
        for target, instance in found.instances.items():
            if target.account_id in accounts:
                yield Part(name, target), instance.stack_id


MODES = pytest.mark.parametrize(
    ("before", "after"),
    [(SELF, SELF), (SELF, SERVICE), (SERVICE, SELF), (SERVICE, SERVICE)],
    ids=["self", "over", "back", "service"],
)


def inoperable(state: State, detail: str, stack_id: str = "arn:stack") -> State:
    """The same, with a trail's stack that takes no update."""
    name = "auditing" if THERE in state.stack_sets["auditing"].instances else f"auditing{MANAGED}"
    found = state.stack_sets[name]
    instance = InstanceState("INOPERABLE", detail, "denied", stack_id)
    changed = replace(found, instances={**found.instances, THERE: instance})
    return replace(state, stack_sets={**state.stack_sets, name: changed})


def trail_steps(made: Plan) -> set[tuple[Action, str, str]]:
    """What is done with the trail's stack, by which StackSet."""
    steps = [s for s in made.changes if service_managed.family(s.part.name) == "auditing"]
    return {(s.action, s.part.name, s.stack) for s in steps if s.part.target == THERE}


@MODES
def test_a_stack_whose_import_failed_is_taken_in_in_either_mode_and_never_deleted(
    before: Configuration, after: Configuration
) -> None:
    state = inoperable(given_all_is_there(given_a_baseline(before)), "FAILED_IMPORT")
    steps = trail_steps(plan.make(given_a_baseline(after), state))
    name, had = (f"auditing{MANAGED if c is SERVICE else ''}" for c in (after, before))
    given_up = {(Action.RETAIN, had, "")} if had != name else set()
    assert steps == {(Action.IMPORT, name, "arn:stack"), *given_up}


@MODES
@pytest.mark.parametrize(
    ("detail", "stack_id", "said"),
    [
        ("INOPERABLE", "arn:stack", "by hand, then deploy again"),
        ("FAILED_IMPORT", "", "deploy again to take it in"),
    ],
)
def test_what_takes_no_update_is_given_up_first_and_not_made_anew_beside_it(
    before: Configuration, after: Configuration, detail: str, stack_id: str, said: str
) -> None:
    state = inoperable(given_all_is_there(given_a_baseline(before)), detail, stack_id)
    made = plan.make(given_a_baseline(after), state)
    had = f"auditing{MANAGED if before is SERVICE else ''}"
    assert trail_steps(made) == {(Action.RETAIN, had, "")}
    (step,) = [s for s in made.changes if "denied" in s.reason]
    assert said in step.reason


def test_where_nobody_could_look_that_is_told_though_another_stack_set_is_in_the_way() -> None:
    state = inoperable(given_all_is_there(given_a_baseline(SELF)), "INOPERABLE")
    made = plan.make(given_a_baseline(SERVICE), replace(state, unseen={THERE: Unknown("denied")}))
    unknown = [s.part for s in made.steps if s.action is Action.UNKNOWN]
    assert unknown == [Part(f"auditing{MANAGED}", THERE)]


RETAIN = Step(Action.RETAIN, Kind.INSTANCE, Part("auditing", THERE), "")
TAKE_IN = Step(Action.IMPORT, Kind.INSTANCE, Part(f"auditing{MANAGED}", THERE), "", "arn:stack")
ROLES = Step(Action.DELETE, Kind.STACK, Part("stack-set-roles", THERE), "")


def failures(*steps: Step) -> dict[Step, str]:
    """What is said of each step where AWS takes no call."""
    session = SimpleNamespace(partition="aws", account_id=MAIN, client=lambda *_: Refusing())
    reach: Any = SimpleNamespace(session=session)
    results = deploy.run(Plan(tuple((step,) for step in steps)), given_a_baseline(SERVICE), reach)
    return {r.target: str(r.error) for r in results if isinstance(r, Failed)}


class Refusing:
    def __getattr__(self, operation: str) -> Any:
        raise AwsError("refused", code=operation)


def test_a_stack_that_was_not_given_up_is_not_imported() -> None:
    said = failures(RETAIN, TAKE_IN, ROLES)
    assert "refused" in said[RETAIN]
    assert "its stack was not given up by auditing" in said[TAKE_IN]
    assert "is still needed by auditing in" in said[ROLES]


def test_roles_stay_where_an_import_failed_though_it_needs_none() -> None:
    said = failures(TAKE_IN, ROLES)
    assert "refused" in said[TAKE_IN]
    assert f"stays until what failed is mended: auditing{MANAGED}" in said[ROLES]
    assert "Mend that, then run this command again" in said[ROLES]


def test_stack_sets_that_take_stacks_in_are_made_before_anything_is_given_up() -> None:
    made = plan.make(given_a_baseline(SERVICE), given_all_is_there(given_a_baseline(SELF)))
    steps = [(s.action, s.kind) for s in made.steps]
    sets = [n for n, s in enumerate(steps) if s == (Action.CREATE, Kind.STACK_SET)]
    assert len(sets) == len(FAMILIES)
    assert max(sets) < steps.index((Action.RETAIN, Kind.INSTANCE))
    # Each is named by those that deploy after it.
    assert [s.part.name for s in made.steps][: len(FAMILIES)] == [
        service_managed.named(name) for name in FAMILIES
    ]


@MODES
def test_what_the_baseline_made_is_adopted_in_no_mode_and_no_change_of_it(
    before: Configuration, after: Configuration
) -> None:
    state = given_all_is_there(given_a_baseline(before))
    adopting = given_a_baseline(after.model_copy(update=ADOPTING))
    with pytest.raises(ConfigurationError, match="was made by the baseline"):
        plan.make(adopting, state)


def test_what_was_there_before_stays_adopted_when_the_mode_changes() -> None:
    state = given_all_is_there(given_a_baseline(SELF.model_copy(update=ADOPTING)))
    made = plan.make(given_a_baseline(SERVICE.model_copy(update=ADOPTING)), state)
    assert Action.IMPORT in {s.action for s in made.steps}


@pytest.mark.parametrize("seen", [True, False])
def test_a_stack_that_no_stack_set_has_is_asked_before_its_recorder_is_adopted(
    *, seen: bool
) -> None:
    baseline = given_a_baseline(SELF)
    stack_set = baseline.stack_set("auditing")
    stack = StackState(
        "CREATE_COMPLETE",
        "",
        templates.parse(stack_set.body),
        stack_set.parameters,
        ORGANIZATION.id,
    )
    part = Part("auditing", THERE)
    state = given_up(given_all_is_there(baseline))
    state = replace(state, adopting={part: stack if seen else Unknown("denied")})
    said = "was made by the baseline" if seen else "could not be seen"
    with pytest.raises(ConfigurationError, match=said):
        plan.make(given_a_baseline(SELF.model_copy(update=ADOPTING)), state)


@pytest.mark.parametrize("configuration", [SELF, SERVICE], ids=["back", "on"])
def test_removal_deletes_the_stacks_that_no_stack_set_has(configuration: Configuration) -> None:
    state = given_up(given_all_is_there(given_a_baseline(SELF)))
    made = removal.make(given_a_baseline(configuration), state)
    deleted = {(s.part.name, s.part.target.account_id, s.stack) for s in made.changes if s.stack}
    assert {(name, account) for name, account, _ in deleted} == {
        (name, account) for name in FAMILIES for account in (ONE, TWO)
    }
    assert {stack for *_, stack in deleted} == set(state.loose.values())
    one = removal.make(given_a_baseline(configuration), state, Choice(accounts=frozenset((ONE,))))
    assert {s.part.target.account_id for s in one.changes} == {ONE}


def test_stacks_that_no_stack_set_has_leave_an_account_that_is_left_out() -> None:
    state = given_up(given_all_is_there(given_a_baseline(SELF)), (TWO,))
    without = SERVICE.model_copy(update={"exclude_accounts": (TWO,)})
    made = plan.make(given_a_baseline(without), state)
    deleted = [s for s in made.changes if s.action is Action.DELETE and s.stack]
    assert {s.part for s in deleted} == {Part(name, Target(TWO, HOME)) for name in FAMILIES}


def test_removal_says_where_nobody_could_look_for_stacks() -> None:
    state = State({}, {}, unseen={THERE: Unknown("AccessDenied")})
    made = removal.make(given_a_baseline(SELF), state)
    assert any(ONE in said and "could not be seen" in said for said in made.warnings)


def kept(baseline: Baseline, state: State) -> kept_plan.Kept:
    return kept_plan.keep(plan.make(baseline, state), baseline, state, EVERYTHING, "yesterday")


def test_a_plan_that_was_kept_takes_in_the_very_stacks_that_were_shown() -> None:
    baseline = given_a_baseline(SERVICE)
    state = given_up(given_all_is_there(given_a_baseline(SELF)))
    shown = kept(baseline, state)
    kept_plan.check(shown, kept(baseline, state), "file")
    part = next(iter(state.loose))
    others = replace(state, loose={**state.loose, part: "another"})
    with pytest.raises(UsageError, match="stacks or StackSets have changed"):
        kept_plan.check(shown, kept(baseline, others), "file")


def test_a_plan_that_was_kept_knows_where_stack_sets_deployed_by_themselves() -> None:
    baseline = given_a_baseline(SERVICE)
    state = given_all_is_there(baseline)
    name = f"auditing{MANAGED}"
    found = state.stack_sets[name]
    assert found.managing
    regions = {**found.managing.regions, "ou-2": frozenset((HOME,))}
    wider = replace(found, managing=replace(found.managing, regions=regions))
    changed = replace(state, stack_sets={**state.stack_sets, name: wider})
    with pytest.raises(UsageError, match="stacks or StackSets have changed"):
        kept_plan.check(kept(baseline, state), kept(baseline, changed), "file")


def test_where_nobody_could_look_for_a_stack_none_is_made() -> None:
    state = given_up(given_all_is_there(given_a_baseline(SERVICE)))
    seen = {part: stack for part, stack in state.loose.items() if part.target != THERE}
    state = replace(state, loose=seen, unseen={THERE: Unknown("throttled")})
    made = plan.make(given_a_baseline(SERVICE), state)
    steps = [s for s in made.steps if s.kind is Kind.INSTANCE]
    assert {s.action for s in steps if s.part.target.account_id == TWO} == {Action.IMPORT}
    there = {(s.action, s.reason) for s in steps if s.part.target == THERE}
    assert there == {(Action.UNKNOWN, "could not look: throttled")}
    assert not made.empty
    assert not any("could not be seen" in said for said in made.warnings)


def test_a_stack_that_the_other_stack_set_has_is_taken_in_though_nobody_could_look() -> None:
    state = given_all_is_there(given_a_baseline(SELF))
    state = replace(state, unseen={THERE: Unknown("throttled")})
    made = plan.make(given_a_baseline(SERVICE), state)
    actions = {s.action for s in made.steps if s.kind is Kind.INSTANCE and s.part.target == THERE}
    assert actions == {Action.RETAIN, Action.IMPORT}


def test_an_account_that_is_left_out_and_could_not_be_searched_is_named() -> None:
    without = given_a_baseline(SERVICE.model_copy(update={"exclude_accounts": (TWO,)}))
    state = given_all_is_there(without)
    seen = plan.make(without, state).warnings
    state = replace(state, unseen={Target(TWO, HOME): Unknown("denied")})
    (said,) = (said for said in plan.make(without, state).warnings if said not in seen)
    assert said.endswith(f"are still in {TWO} could not be seen: denied")


def given_members_in_no_stack_set() -> State:
    """The stacks of guardduty-member were given up, then an administrator was configured."""
    state = given_up(given_all_is_there(given_a_baseline(INVITING)))
    there = given_all_is_there(given_a_baseline(INVITING_BY_SERVICE)).stack_sets
    empty = {n: replace(s, instances={}) for n, s in there.items() if service_managed.is_one(n)}
    others = {n: s for n, s in state.stack_sets.items() if n != MEMBERS}
    return replace(state, stack_sets={**others, **empty})


def test_stacks_with_a_member_of_guardduty_stay_and_so_does_what_tells_of_them() -> None:
    state = given_members_in_no_stack_set()
    made = plan.make(given_a_baseline(SERVICE), state)
    steps = [s for s in made.steps if service_managed.family(s.part.name) == MEMBERS]
    assert [(s.action, s.kind) for s in steps] == [(Action.SKIP, Kind.STACK_SET)]
    left = [said for said in made.warnings if "belongs to no StackSet and is left" in said]
    assert len(left) == 2
    # When they are gone, it goes.
    gone = {p: s for p, s in state.loose.items() if service_managed.family(p.name) != MEMBERS}
    steps = list(plan.make(given_a_baseline(SERVICE), replace(state, loose=gone)).steps)
    steps = [s for s in steps if service_managed.family(s.part.name) == MEMBERS]
    assert [(s.action, s.kind) for s in steps] == [(Action.DELETE, Kind.STACK_SET)]


def test_removal_leaves_the_members_that_an_administrator_has_as_guardduty_itself() -> None:
    state = given_members_in_no_stack_set()
    made = removal.make(given_a_baseline(SERVICE), state)
    deleted = {s.part.name for s in made.changes if s.stack}
    assert deleted == set(FAMILIES)
    assert len([said for said in made.warnings if "and is left" in said]) == 2
    # Without an administrator they go, as all members do.
    made = removal.make(given_a_baseline(INVITING_BY_SERVICE), state)
    assert MEMBERS in {s.part.name for s in made.changes if s.stack}
