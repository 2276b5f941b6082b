"""Planning: the difference between what should be and what is, without any call."""

from dataclasses import replace

import pytest

from baseline import templates
from baseline.configuration import CloudTrail, Configuration
from baseline.errors import ConfigurationError, UsageError
from baseline.organization import Account, Organization, Target
from baseline.rollout import plan, removal
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.operations import groups
from baseline.rollout.remedies import remedy
from baseline.rollout.state import InstanceState, StackSetState, StackState, State, Unknown
from baseline.rollout.steps import Action, Kind, Step
from baseline.rollout.wanted import wanted

MAIN, ONE, TWO, GONE = ("111111111111", "222222222222", "333333333333", "444444444444")
REGIONS = ("eu-west-1", "us-east-1")
ORGANIZATION = Organization(
    "o-exampleorgid",
    MAIN,
    (
        Account(MAIN, "main", "main@bank.example", "ACTIVE"),
        Account(ONE, "one", "one@bank.example", "ACTIVE", "/Work"),
        Account(TWO, "two", "two@bank.example", "ACTIVE", "/Work"),
        Account(GONE, "gone", "gone@bank.example", "SUSPENDED"),
    ),
)
CONFIGURATION = Configuration(home_region="eu-west-1")
NOTHING = State({}, {})
CURRENT = InstanceState("CURRENT", "SUCCEEDED", "")


def given_a_baseline(configuration: Configuration = CONFIGURATION) -> Baseline:
    regions = dict.fromkeys((MAIN, ONE, TWO), configuration.regions or REGIONS)
    return wanted(configuration, ORGANIZATION, regions)


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
            dict.fromkeys(s.targets, CURRENT),
        )
        for s in baseline.stack_sets
        if s.targets
    }
    return State(stacks, stack_sets)


def with_instance(state: State, name: str, target: Target, found: InstanceState | None) -> State:
    stack_set = state.stack_sets[name]
    instances = {t: i for t, i in stack_set.instances.items() if t != target}
    if found:
        instances[target] = found
    changed = replace(stack_set, instances=instances)
    return replace(state, stack_sets={**state.stack_sets, name: changed})


def with_stack(state: State, part: Part, found: StackState | Unknown) -> State:
    return replace(state, stacks={**state.stacks, part: found})


def changes(baseline: Baseline, state: State, choice: Choice = EVERYTHING) -> list[Step]:
    return list(plan.make(baseline, state, choice).changes)


def test_into_an_empty_organization_everything_is_created_in_five_waves() -> None:
    made = plan.make(given_a_baseline(), NOTHING)
    assert [sorted({s.part.name for s in wave}) for wave in made.waves] == [
        ["everything", "stack-set-roles"],
        ["auditing-storage", "config-aggregator", "stack-set-roles"],
        ["audit-roles", "auditing-analytics", "guardduty-main"],
        ["auditing", "guardduty-member"],
        ["config-rules"],
    ]
    assert {s.action for s in made.changes} == {Action.CREATE}
    instances = [s.part.name for s in made.changes if s.kind is Kind.INSTANCE]
    assert {n: instances.count(n) for n in instances} == {
        "audit-roles": 3,
        "guardduty-main": 2,
        "guardduty-member": 4,
        "auditing": 6,
        "config-rules": 6,
    }


def test_when_all_is_there_the_plan_is_empty_and_says_why() -> None:
    baseline = given_a_baseline()
    made = plan.make(baseline, given_all_is_there(baseline))
    assert made.empty
    assert {s.reason for s in made.steps} == {"is as it should be", "the account is SUSPENDED"}


@pytest.mark.parametrize(
    ("status", "detail"),
    [("OUTDATED", "FAILED"), ("OUTDATED", "CANCELLED")],
)
def test_an_instance_that_is_not_current_is_repeated_with_its_cause(
    status: str, detail: str
) -> None:
    baseline = given_a_baseline()
    target = Target(ONE, "us-east-1")
    state = with_instance(
        given_all_is_there(baseline), "auditing", target, InstanceState(status, detail, "no role")
    )
    assert changes(baseline, state) == [
        Step(
            Action.UPDATE,
            Kind.INSTANCE,
            Part("auditing", target),
            f"is {status}, {detail}: no role",
        )
    ]


def test_an_inoperable_instance_is_given_up_and_says_what_to_do_by_hand() -> None:
    baseline = given_a_baseline()
    target = Target(ONE, "us-east-1")
    found = InstanceState("INOPERABLE", "INOPERABLE", "denied")
    state = with_instance(given_all_is_there(baseline), "auditing", target, found)
    [step] = changes(baseline, state)
    assert (step.action, step.part) == (Action.RETAIN, Part("auditing", target))
    assert step.reason.startswith("is INOPERABLE and takes no update: denied. Delete its stack")


def test_only_the_missing_instance_is_created() -> None:
    baseline = given_a_baseline()
    target = Target(TWO, "eu-west-1")
    state = with_instance(given_all_is_there(baseline), "guardduty-member", target, None)
    made = changes(baseline, state)
    assert [(s.action, s.part) for s in made] == [(Action.CREATE, Part("guardduty-member", target))]


def test_a_new_global_region_updates_every_instance_and_names_the_parameter() -> None:
    state = given_all_is_there(given_a_baseline())
    moved = CONFIGURATION.model_copy(
        update={"config": CONFIGURATION.config.model_copy(update={"global_region": "us-east-1"})}
    )
    made = changes(given_a_baseline(moved), state)
    assert {s.part.name for s in made} == {"auditing", "config-rules"}
    assert {s.reason for s in made} == {"GlobalConfigRegion: eu-west-1 → us-east-1"}
    assert len(made) == 2 * (1 + 6)


def test_a_template_is_compared_by_what_it_says_not_by_its_text() -> None:
    baseline = given_a_baseline()
    state = given_all_is_there(baseline)
    stack_set = state.stack_sets["auditing"]
    template = templates.parse(templates.read("auditing"))
    template["Resources"]["Trail"]["Properties"]["IsLogging"] = False
    changed = {**state.stack_sets, "auditing": replace(stack_set, template=template)}
    made = changes(baseline, replace(state, stack_sets=changed))
    assert made[0].reason == "template: Resources.Trail.Properties.IsLogging"


def test_a_dropped_region_is_deleted_and_a_suspended_account_is_given_up() -> None:
    baseline = given_a_baseline()
    state = given_all_is_there(baseline)
    dropped, suspended, left = (
        Target(ONE, "sa-east-1"),
        Target(GONE, "eu-west-1"),
        Target("999999999999", "eu-west-1"),
    )
    for target in (dropped, suspended, left):
        state = with_instance(state, "auditing", target, CURRENT)
    assert [(s.action, s.part.target, s.reason) for s in changes(baseline, state)] == [
        (Action.DELETE, dropped, "the account or region is no longer chosen"),
        (Action.RETAIN, suspended, "the account is SUSPENDED"),
        (Action.RETAIN, left, "the account has left the organization"),
    ]


def test_what_goes_goes_first_and_in_reverse() -> None:
    """A member can leave GuardDuty only while the main account still has it."""
    baseline = given_a_baseline()
    state = given_all_is_there(baseline)
    for name, account_id in (("guardduty-main", MAIN), ("guardduty-member", ONE)):
        state = with_instance(state, name, Target(account_id, "sa-east-1"), CURRENT)
    state = with_instance(state, "auditing", Target(TWO, "eu-west-1"), None)
    made = changes(baseline, state)
    assert [(s.action, s.part.name) for s in made] == [
        (Action.DELETE, "guardduty-member"),
        (Action.DELETE, "guardduty-main"),
        (Action.CREATE, "auditing"),
    ]


def test_what_could_not_be_seen_is_neither_there_nor_missing() -> None:
    baseline = given_a_baseline()
    part = Part("stack-set-roles", Target(ONE, "eu-west-1"))
    state = with_stack(given_all_is_there(baseline), part, Unknown("denied"))
    made = plan.make(baseline, state)
    assert not made.empty
    assert made.changes == ()
    unseen = [s.reason for s in made.steps if s.action is Action.UNKNOWN]
    assert unseen == ["could not look: denied"]


def test_a_stack_that_was_rolled_back_is_made_anew() -> None:
    baseline = given_a_baseline()
    part = Part("auditing-storage", baseline.home)
    state = given_all_is_there(baseline)
    found = state.stacks[part]
    assert isinstance(found, StackState)
    state = with_stack(state, part, replace(found, status="ROLLBACK_COMPLETE", reason="denied"))
    step = changes(baseline, state)[0]
    assert (step.action, step.reason) == (
        Action.CREATE,
        "is ROLLBACK_COMPLETE and is made anew: denied",
    )


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("UPDATE_ROLLBACK_FAILED", Action.UPDATE),
        ("UPDATE_FAILED", Action.UPDATE),
        ("UPDATE_IN_PROGRESS", Action.UPDATE),
        ("A_STATUS_OF_TOMORROW", Action.UPDATE),
        ("REVIEW_IN_PROGRESS", Action.CREATE),
        ("DELETE_FAILED", Action.CREATE),
        ("UPDATE_ROLLBACK_COMPLETE", Action.SKIP),
        ("IMPORT_COMPLETE", Action.SKIP),
    ],
)
def test_a_stack_is_as_it_should_be_in_a_good_status_only(status: str, action: Action) -> None:
    baseline = given_a_baseline()
    part = Part("auditing-storage", baseline.home)
    state = given_all_is_there(baseline)
    found = state.stacks[part]
    assert isinstance(found, StackState)
    state = with_stack(state, part, replace(found, status=status, reason="denied"))
    step = next(s for s in plan.make(baseline, state).steps if s.part == part)
    assert step.action is action
    assert action is Action.SKIP or f"is {status}" in step.reason


def test_one_account_brings_along_what_it_needs_and_nothing_else() -> None:
    baseline = given_a_baseline()
    made = plan.make(baseline, NOTHING, Choice(accounts=frozenset({ONE})))
    brought = {(s.part.name, s.part.target) for s in made.changes if "needed by" in s.reason}
    assert brought == {
        ("stack-set-roles", baseline.home),
        ("auditing-storage", baseline.home),
        ("audit-roles", baseline.home),
        ("guardduty-main", Target(MAIN, "eu-west-1")),
        ("guardduty-main", Target(MAIN, "us-east-1")),
    }
    own = [s for s in made.changes if s.part.name == "guardduty-main"]
    why = {s.reason for s in own if s.kind is Kind.INSTANCE}
    assert why == {"is not there; needed by guardduty-member in one"}
    assert {s.part.target.account_id for s in made.changes} == {MAIN, ONE}
    assert [sorted({s.part.name for s in wave}) for wave in made.waves] == [
        ["stack-set-roles"],
        ["auditing-storage", "stack-set-roles"],
        ["audit-roles", "guardduty-main"],
        ["auditing", "guardduty-member"],
        ["config-rules"],
    ]


def test_what_is_in_order_is_not_brought_along() -> None:
    baseline = given_a_baseline()
    target = Target(ONE, "us-east-1")
    state = with_instance(given_all_is_there(baseline), "auditing", target, None)
    chosen = Choice(accounts=frozenset({ONE}), names=frozenset({"auditing"}))
    assert [s.part for s in changes(baseline, state, chosen)] == [Part("auditing", target)]
    assert {s.part.name for s in plan.make(baseline, state, chosen).steps} == {"auditing"}


@pytest.mark.parametrize(
    "choice",
    [
        Choice(names=frozenset({"guardduty-member"}), accounts=frozenset({MAIN})),
        Choice(names=frozenset({"audit-roles"}), regions=frozenset({"us-east-1"})),
        Choice(names=frozenset({"auditing"}), accounts=frozenset({GONE})),
    ],
)
def test_a_choice_without_anything_in_it_is_refused(choice: Choice) -> None:
    baseline = given_a_baseline()
    with pytest.raises(UsageError, match="nothing of the baseline belongs"):
        plan.make(baseline, given_all_is_there(baseline), choice)


def test_the_roles_of_an_account_that_is_left_out_go_after_its_instances() -> None:
    state = given_all_is_there(given_a_baseline())
    baseline = given_a_baseline(CONFIGURATION.model_copy(update={"exclude_accounts": (TWO,)}))
    roles = Part("stack-set-roles", Target(TWO, "eu-west-1"))
    gone = [s.part for s in changes(baseline, state) if s.action is Action.DELETE]
    assert len(gone) == 1 + 2 + 2 + 2 + 1
    assert gone[-1] == roles
    removed = [s.part for s in removal.make(baseline, state).steps]
    assert roles in removed
    found = state.stacks[roles]
    assert isinstance(found, StackState)
    foreign = with_stack(state, roles, replace(found, owner=""))
    assert roles not in [s.part for s in plan.make(baseline, foreign).steps]


def test_an_account_that_is_left_out_and_cannot_be_seen_is_a_warning() -> None:
    baseline = given_a_baseline(CONFIGURATION.model_copy(update={"exclude_accounts": (TWO,)}))
    roles = Part("stack-set-roles", Target(TWO, "eu-west-1"))
    state = with_stack(given_all_is_there(baseline), roles, Unknown("denied"))
    made = plan.make(baseline, state)
    assert made.empty
    assert made.warnings == (
        f"{TWO} is left out; whether stack-set-roles is there still could not be seen: denied",
    )


def test_a_prefix_cannot_be_changed_while_the_baseline_is_there() -> None:
    state = given_all_is_there(given_a_baseline())
    renamed = given_a_baseline(CONFIGURATION.model_copy(update={"prefix": "another"}))
    with pytest.raises(ConfigurationError, match=r"prefix: .*with prefix baseline, which cannot"):
        plan.make(renamed, state)
    assert not plan.make(renamed, NOTHING).empty
    assert not removal.make(renamed, state).empty


def test_that_log_groups_go_with_the_trails_of_the_accounts_is_warned_of() -> None:
    one = CONFIGURATION.model_copy(update={"cloudtrail": CloudTrail(mode="organization")})
    each, whole = given_a_baseline(), given_a_baseline(one)
    group, event = "the log group /baseline/", "goes with all events that are in it"
    (said,) = plan.make(whole, given_all_is_there(each)).warnings
    assert said.startswith(f"{group}cloudtrail {event}, 6 times in 3 accounts")
    chosen = Choice(accounts=frozenset([ONE]))
    (said,) = plan.make(whole, given_all_is_there(each), chosen).warnings
    assert "2 times in 1 accounts" in said

    trail = Part("organization-trail", whole.home)
    back = given_all_is_there(whole)
    assert plan.make(whole, back).warnings == ()
    (said,) = plan.make(each, back).warnings
    assert said.startswith(f"{group}organization-trail {event}")
    assert Action.DELETE in {s.action for s in plan.make(each, back).changes if s.part == trail}


def test_that_members_are_invited_which_are_not_chosen_is_warned_of() -> None:
    baseline, one = given_a_baseline(), Choice(accounts=frozenset([ONE]))
    (said,) = plan.make(baseline, NOTHING, one).warnings
    assert said.startswith("guardduty-main invites all members to GuardDuty, also 1 that")
    assert plan.make(baseline, NOTHING).warnings == ()
    assert plan.make(baseline, given_all_is_there(baseline), one).warnings == ()


def test_that_members_are_free_again_without_protection_is_warned_of() -> None:
    baseline = given_a_baseline()
    there = StackState("CREATE_COMPLETE", "", {}, {}, ORGANIZATION.id)
    state = with_stack(given_all_is_there(baseline), Part("protection", baseline.home), there)
    (said,) = plan.make(baseline, state).warnings
    assert said.startswith("protection goes: ")


def test_a_home_region_cannot_be_changed_while_the_baseline_is_there() -> None:
    baseline = given_a_baseline()
    for make in (plan.make, removal.make):
        with pytest.raises(ConfigurationError, match=r"or write home_region: us-east-2"):
            make(baseline, State({}, {}, elsewhere=("us-east-2",)))


def test_what_belongs_to_somebody_else_matters_only_where_it_is_chosen() -> None:
    baseline = given_a_baseline()
    state = given_all_is_there(baseline)
    foreign = replace(state.stack_sets["auditing"], owner="")
    state = replace(state, stack_sets={**state.stack_sets, "auditing": foreign})
    for make in (plan.make, removal.make):
        assert make(baseline, state, Choice(names=frozenset({"audit-roles"}))).steps


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("o-anotherorgid", "belongs to organization o-anotherorgid"),
        ("", "was not made by this roll-out"),
    ],
)
def test_what_belongs_to_somebody_else_is_refused(owner: str, said: str) -> None:
    baseline = given_a_baseline()
    state = given_all_is_there(baseline)
    foreign = replace(state.stack_sets["auditing"], owner=owner)
    state = replace(state, stack_sets={**state.stack_sets, "auditing": foreign})
    for make in (plan.make, removal.make):
        with pytest.raises(ConfigurationError, match=f"StackSet auditing: .*{said}"):
            make(baseline, state)


def with_rules(*names: str) -> Configuration:
    config = CONFIGURATION.config.model_copy(update={"rules": names})
    return CONFIGURATION.model_copy(update={"config": config})


def test_without_rules_their_stack_set_is_not_made_and_what_is_there_goes() -> None:
    baseline = given_a_baseline(with_rules())
    assert "config-rules" not in {s.part.name for s in plan.make(baseline, NOTHING).steps}
    made = changes(baseline, given_all_is_there(given_a_baseline()))
    instances = [s for s in made if s.kind is Kind.INSTANCE]
    assert {(s.action, s.part.name) for s in instances} == {(Action.DELETE, "config-rules")}
    assert len(instances) == 6


def test_a_rule_that_the_catalogue_has_not_got_is_refused_with_a_proposal() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean restricted-ssh\?"):
        given_a_baseline(with_rules("restrict-ssh"))


def test_removal_is_the_plan_in_reverse() -> None:
    baseline = given_a_baseline()
    made = removal.make(baseline, given_all_is_there(baseline))
    assert {s.action for s in made.steps} == {Action.DELETE}
    assert [sorted({s.part.name for s in wave}) for wave in made.waves] == [
        ["config-rules"],
        ["auditing", "guardduty-member"],
        ["audit-roles", "auditing-analytics", "guardduty-main"],
        ["auditing-storage", "config-aggregator", "stack-set-roles"],
        ["stack-set-roles"],
    ]
    assert made.waves[-1][0].part.target.account_id == MAIN


def test_removing_from_one_account_leaves_the_stack_set() -> None:
    baseline = given_a_baseline()
    choice = Choice(accounts=frozenset({ONE}), names=frozenset({"auditing"}))
    steps = removal.make(baseline, given_all_is_there(baseline), choice).steps
    assert {s.kind for s in steps} == {Kind.INSTANCE}
    assert {s.part.target.account_id for s in steps} == {ONE}


def test_a_changed_stack_set_is_not_updated_behind_the_filters() -> None:
    baseline = given_a_baseline()
    state = given_all_is_there(baseline)
    old = replace(state.stack_sets["auditing"], parameters={})
    state = replace(state, stack_sets={**state.stack_sets, "auditing": old})
    one = changes(baseline, state, Choice(accounts=frozenset({ONE})))
    assert {s.part.target.account_id for s in one if s.kind is Kind.INSTANCE} == {ONE}
    state = with_instance(state, "auditing", Target(TWO, "us-east-1"), None)
    new = Choice(accounts=frozenset({TWO}), regions=frozenset({"us-east-1"}))
    with pytest.raises(UsageError, match="none of its instances is chosen"):
        plan.make(baseline, state, new)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--only vpn: .*Known: stack-set-roles"):
        Choice(names=frozenset({"vpn"}))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"organization": "o-anotherorgid"}, "belong to o-exampleorgid"),
        ({"exclude_accounts": (MAIN,)}, "main account cannot be left out"),
        ({"regions": ("us-east-1",)}, "eu-west-1 is not among the regions"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        given_a_baseline(CONFIGURATION.model_copy(update=settings))


def test_an_excluded_account_gets_nothing_and_is_not_invited() -> None:
    baseline = given_a_baseline(CONFIGURATION.model_copy(update={"exclude_accounts": (TWO,)}))
    assert TWO not in {t.account_id for s in baseline.stack_sets for t in s.targets}
    assert TWO not in baseline.stack_set("guardduty-main").body


def test_a_region_that_cannot_record_iam_is_refused_and_who_has_not_the_chosen_one_is_named() -> (
    None
):
    regions = {MAIN: ("eu-central-2", "eu-south-1", "eu-west-1"), ONE: ("eu-west-1",)}
    regions |= {TWO: ("eu-south-1", "eu-west-1")}

    def recording_in(region: str) -> Baseline:
        settings = CONFIGURATION.config.model_copy(update={"global_region": region})
        return wanted(CONFIGURATION.model_copy(update={"config": settings}), ORGANIZATION, regions)

    with pytest.raises(ConfigurationError, match="eu-central-2 cannot record global") as refused:
        recording_in("eu-central-2")
    assert refused.value.remedy == "Write one of: eu-south-1, eu-west-1"
    (said,) = [w for w in recording_in("eu-south-1").warnings if w.startswith("eu-south-1")]
    assert f"is not enabled in {ONE}: IAM is recorded nowhere there" in said
    assert not [w for w in recording_in("eu-west-1").warnings if "IAM is recorded" in w]


def test_without_the_leading_region_a_warning_says_what_is_lost() -> None:
    baseline = given_a_baseline(CONFIGURATION.model_copy(update={"regions": ("eu-west-1",)}))
    assert "us-east-1 is not among the regions" in baseline.warnings[0]


def test_an_opt_in_region_adds_its_own_principal_to_the_administration_role() -> None:
    baseline = wanted(
        CONFIGURATION,
        ORGANIZATION,
        dict.fromkeys((MAIN, ONE, TWO), ("af-south-1", *REGIONS)),
    )
    assert baseline.stacks[0].parameters["ServicePrincipals"] == (
        "cloudformation.amazonaws.com,cloudformation.af-south-1.amazonaws.com"
    )


def test_a_member_waits_for_the_invitation_of_its_own_region() -> None:
    needs = set(given_a_baseline().needs(Part("guardduty-member", Target(ONE, "us-east-1"))))
    assert Part("guardduty-main", Target(MAIN, "us-east-1")) in needs
    assert Part("stack-set-roles", Target(ONE, "eu-west-1")) in needs


def test_targets_are_grouped_so_that_every_pair_of_the_lists_is_meant() -> None:
    targets = [Target("1", "a"), Target("1", "b"), Target("2", "b"), Target("3", "b")]
    assert list(groups(targets)) == [(("1",), ("a", "b")), (("2", "3"), ("b",))]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("AccessDeniedException: User is not authorized", "Allow AWSCloudFormationStackSet"),
        ("with an explicit deny in a service control policy", "exempt"),
        ("Rate exceeded", "few minutes"),
        ("something new", "Mend the cause"),
    ],
)
def test_each_cause_has_a_remedy(reason: str, said: str) -> None:
    assert said in remedy(reason)
