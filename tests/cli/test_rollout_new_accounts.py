"""New, moved, suspended and closed accounts, with StackSets that deploy by themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from baseline import configuration
from baseline.configuration import Adopt
from baseline.simulation import Blueprint, Fault, Simulation
from given_terminal import Baseline, Ran, at_a_terminal

MAIN, LOGS, PRODUCTION, PAYMENTS, DEVELOPMENT, RETIRED = (
    "100000000001", "200000000002", "400000000004", "500000000005", "600000000006", "700000000007",
)  # fmt: skip
SELF = """
home_region: eu-west-1
regions: [eu-west-1]
guardduty: {mode: delegated-admin}
"""
SERVICE = f"{SELF}stack_sets: {{mode: service-managed}}\n"
MANAGED = {f"{name}-service-managed" for name in ("audit-roles", "auditing", "config-rules")}


@pytest.fixture(scope="module")
def blank() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    let_in(simulation)
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture(scope="module")
def by_service(blank: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The baseline in mode service-managed."""
    return deployed(blank, SERVICE, tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def by_ourselves(blank: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The baseline in mode self-managed."""
    return deployed(blank, SELF, tmp_path_factory.mktemp("self"))


def deployed(blob: bytes, settings: str, directory: Path) -> bytes:
    from baseline import cli  # noqa: PLC0415  # as at_a_terminal does, without its fixtures

    simulation = Simulation.restore(blob)
    with pytest.MonkeyPatch.context() as patch, simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        file = directory / "baseline.yaml"
        file.write_text(settings)
        chosen = ["--config", str(file), "--yes", "--no-progress", "--no-preflight"]
        assert cli.run(["rollout", "deploy", *chosen]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


def let_in(simulation: Simulation) -> None:
    client = simulation.client("cloudformation", "eu-west-1", MAIN)
    client.activate_organizations_access()


@pytest.fixture
def organization(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    simulation = Simulation.restore(request.getfixturevalue(request.param))
    yield simulation
    simulation.close()


@pytest.fixture
def run(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Baseline]:
    write(tmp_path, SERVICE)
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        # What is in the way is looked for where that is what is tested.
        fast = ("--no-preflight",)
        yield lambda command, *more: baseline(
            "rollout", command, *(fast if command == "deploy" else ()), *more
        )


def write(directory: Path, settings: str) -> None:
    (directory / "baseline.yaml").write_text(settings)


def given(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("organization", [name], indirect=True)


def join(simulation: Simulation, name: str = "new") -> str:
    organizations = simulation.client("organizations", "us-east-1", MAIN)
    made = organizations.create_account(Email=f"{name}@acme.example", AccountName=name)
    simulation.service("cloudformation").settle()
    return str(made["CreateAccountStatus"]["AccountId"])


def move(simulation: Simulation, account: str, destination: str) -> None:
    organizations = simulation.client("organizations", "us-east-1", MAIN)
    source = organizations.list_parents(ChildId=account)["Parents"][0]["Id"]
    organizations.move_account(
        AccountId=account, SourceParentId=source, DestinationParentId=destination
    )
    simulation.service("cloudformation").settle()


def unit(simulation: Simulation, name: str) -> str:
    organizations = simulation.client("organizations", "us-east-1", MAIN)
    found = organizations.list_organizational_units_for_parent(ParentId="r-acme")
    return str(next(u["Id"] for u in found["OrganizationalUnits"] if u["Name"] == name))


def of(rows: list[dict[str, str]], **wanted: str) -> list[dict[str, str]]:
    return [r for r in rows if all(r[key] == value for key, value in wanted.items())]


def writes(simulation: Simulation) -> list[str]:
    seen: list[str] = []
    reads = ("Describe", "Get", "List", "AssumeRole", "Head", "Lookup", "Batch")
    simulation.observers.append(
        lambda call, _answer, _refusal: (
            None if call.operation.startswith(reads) else seen.append(call.operation)
        )
    )
    return seen


@given("by_service")
def test_the_main_account_keeps_stack_sets_of_our_own_and_members_need_no_role(
    organization: Simulation, run: Baseline
) -> None:
    rows = run("plan", "-o", "json").rows
    assert {row["action"] for row in rows} == {"skip"}
    instances = of(rows, kind="stack instance")
    assert {r["account"] for r in instances if r["name"] in MANAGED}.isdisjoint({MAIN, RETIRED})
    assert {r["account"] for r in instances if r["name"] not in MANAGED} == {MAIN}
    assert {r["account"] for r in of(rows, name="stack-set-roles")} == {MAIN}
    roles = organization.client("iam", "us-east-1", PRODUCTION).list_roles()["Roles"]
    assert "AWSCloudFormationStackSetExecutionRole" not in {role["RoleName"] for role in roles}


@given("by_service")
def test_deploying_again_changes_nothing_and_verify_is_green(
    organization: Simulation, run: Baseline
) -> None:
    seen = writes(organization)
    assert run("deploy", "--yes").code == 0
    assert seen == []
    verified = run("verify")
    assert verified.code == 0, verified.out
    assert "Left out: retired: the account is SUSPENDED." in verified.err


@given("by_service")
def test_an_account_that_joins_is_covered_without_anybody_doing_anything(
    organization: Simulation, run: Baseline
) -> None:
    newcomer = join(organization)
    changed = [r for r in run("plan", "-o", "json").rows if r["action"] != "skip"]
    # GuardDuty takes it in by itself on AWS, which the simulation does when it is asked to.
    assert {row["name"] for row in changed} <= {"guardduty-organization"}
    only = ("--only", "auditing", "--only", "config-rules", "--only", "audit-roles")
    assert run("verify", "--account", newcomer, *only).code == 0


@contextmanager
def at_work(simulation: Simulation, name: str) -> Iterator[None]:
    """The newest operation on a StackSet has not ended yet."""
    sets = simulation.service("cloudformation").stack_sets
    (found,) = [named[name] for named in sets.values() if name in named]
    newest = list(found.operations.values())[-1]
    ended, newest.status = newest.status, "RUNNING"
    yield
    newest.status = ended


@given("by_service")
def test_what_failed_by_itself_is_named_and_the_next_deploy_heals_it(
    organization: Simulation, run: Baseline
) -> None:
    organization.faults.add(Fault("deny", "config", "PutConfigurationRecorder", times=99))
    newcomer = join(organization)
    organization.faults.clear()
    planned = run("plan", "--account", newcomer, "-o", "json").rows
    rows = of(planned, kind="stack instance")
    (failed,) = of(rows, name="auditing-service-managed", region="eu-west-1")
    assert failed["action"] == "update"
    assert "PutConfigurationRecorder" in failed["reason"] or "OUTDATED" in failed["reason"]
    # Its rules were to come after, and did not.
    (waiting,) = of(rows, name="config-rules-service-managed", region="eu-west-1")
    assert (waiting["action"], waiting["reason"]) == ("create", "is not there")
    with at_work(organization, "auditing-service-managed"):
        rows = run("verify", "--account", newcomer, "--only", "config-rules", "--only", "auditing",
                   "-o", "json").rows  # fmt: skip
    stacks = [r for r in of(rows, status="FAIL") if r["check"].startswith("stack instance")]
    assert len(stacks) >= 2
    assert all(r["remedy"].startswith("CloudFormation is still at it") for r in stacks)
    assert run("deploy", "--yes").code == 0
    assert run("verify", "--account", newcomer).code == 0


@given("by_service")
def test_a_suspended_account_is_named_everywhere_and_its_instances_are_given_up(
    organization: Simulation, run: Baseline
) -> None:
    organizations = organization.client("organizations", "us-east-1", MAIN)
    organizations.close_account(AccountId=DEVELOPMENT)
    said = "the account is SUSPENDED"
    planned = of(run("plan", "-o", "json").rows, account=DEVELOPMENT)
    assert {(r["action"], r["reason"]) for r in planned if r["name"] in MANAGED} == {
        ("retain", said)
    }
    deployed = run("deploy", "--yes", "-o", "json")
    assert deployed.code == 0
    assert {r["result"] for r in of(deployed.rows, account=DEVELOPMENT)} == {"retained"}
    assert f"Given up: auditing-service-managed in development eu-west-1: {said}." in deployed.err
    verified = run("verify")
    assert verified.code == 0
    assert f"Left out: 2 accounts: {said}." in verified.err


@given("by_service")
def test_an_account_in_exclude_accounts_that_got_it_by_itself_loses_it_again(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    write(tmp_path, f'{SERVICE}exclude_accounts: ["{PAYMENTS}"]\n')
    only = ("--only", "audit-roles")
    assert run("deploy", "--yes", *only).code == 0
    move(organization, PAYMENTS, "r-acme")  # still within the root: nothing happens
    assert of(run("plan", *only, "-o", "json").rows, action="delete") == []
    newcomer = join(organization)
    write(tmp_path, f'{SERVICE}exclude_accounts: ["{PAYMENTS}", "{newcomer}"]\n')
    gone = of(run("plan", *only, "-o", "json").rows, action="delete")
    assert {row["account"] for row in gone} == {newcomer}
    assert {row["reason"] for row in gone} == {"the account is no longer chosen; it is in /"}


@given("blank")
def test_only_the_chosen_units_are_reached_and_an_account_that_moves_is_followed(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    only = ("--only", "audit-roles", "--yes")
    write(tmp_path, SERVICE.replace("managed}", "managed, ous: [/Workloads]}"))
    assert run("deploy", *only).code == 0
    rows = of(run("plan", "-o", "json").rows, name="audit-roles-service-managed")
    assert {r["account"] for r in of(rows, kind="stack instance")} == {
        PRODUCTION, PAYMENTS, DEVELOPMENT,
    }  # fmt: skip
    workloads = unit(organization, "Workloads")
    move(organization, LOGS, workloads)
    move(organization, PAYMENTS, unit(organization, "Security"))
    rows = of(run("plan", "-o", "json").rows, name="audit-roles-service-managed")
    there = of(rows, kind="stack instance")
    assert {(r["account"], r["action"]) for r in there} == {
        (PRODUCTION, "skip"), (LOGS, "skip"), (DEVELOPMENT, "skip"),
    }  # fmt: skip


@given("blank")
def test_stacks_that_stayed_in_an_account_are_taken_in_when_it_comes_back(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    keeping = "managed, ous: [/Workloads], keep_on_leaving: true}"
    write(tmp_path, SERVICE.replace("managed}", keeping))
    only = ("--only", "audit-roles", "--yes")
    assert run("deploy", *only).code == 0
    iam = organization.client("iam", "us-east-1", PAYMENTS)
    before = iam.get_role(RoleName="AssumableSecurityAuditRole")["Role"]["RoleId"]
    move(organization, PAYMENTS, "r-acme")
    move(organization, PAYMENTS, unit(organization, "Workloads"))
    name = "audit-roles-service-managed"
    (row,) = of(run("plan", "-o", "json").rows, account=PAYMENTS, name=name)
    assert row["action"] == "import"
    assert run("deploy", *only).code == 0
    (row,) = of(run("plan", "-o", "json").rows, account=PAYMENTS, name=name)
    assert row["action"] == "skip"
    assert iam.get_role(RoleName="AssumableSecurityAuditRole")["Role"]["RoleId"] == before


@given("by_ourselves")
def test_going_over_keeps_every_stack_and_all_that_it_made(
    organization: Simulation, run: Baseline
) -> None:
    ids = trails(organization)
    planned = run("plan", "-o", "json").rows
    moved = [r for r in planned if r["action"] == "import"]
    assert {r["name"] for r in moved} == MANAGED
    assert {r["account"] for r in moved}.isdisjoint({MAIN, RETIRED})
    assert len(of(planned, action="retain")) == len(moved)
    assert {r["name"] for r in of(planned, action="delete")} == {"stack-set-roles"}
    seen = writes(organization)
    deployed = run("deploy", "--yes")
    assert deployed.code == 0, deployed.err
    assert {"DeleteTrail", "DeleteConfigurationRecorder", "CreateTrail"}.isdisjoint(seen)
    assert trails(organization) == ids
    assert run("plan", "--exit-code").code == 0
    assert run("verify").code == 0


@given("by_ourselves")
def test_going_over_that_was_interrupted_is_finished_by_deploying_again(
    organization: Simulation, run: Baseline
) -> None:
    fault = Fault("error", "cloudformation", "ImportStacksToStackSet", times=99)
    organization.faults.add(fault)
    assert run("deploy", "--yes").code == 1
    organization.faults.clear()
    left = run("plan", "-o", "json").rows
    assert {r["name"] for r in of(left, action="import")} == MANAGED
    assert of(left, action="retain") == []
    assert run("deploy", "--yes").code == 0
    assert run("plan", "--exit-code").code == 0


@given("by_service")
def test_going_back_keeps_every_stack_too_also_when_it_was_interrupted(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    write(tmp_path, SELF)
    ids = trails(organization)
    organization.faults.add(Fault("error", "cloudformation", "ImportStacksToStackSet", times=99))
    interrupted = run("deploy", "--yes", "-o", "json")
    assert interrupted.code == 1
    assert {r["name"] for r in of(interrupted.rows, result="not tried")} >= MANAGED
    organization.faults.clear()
    deployed = run("deploy", "--yes")
    assert deployed.code == 0, deployed.err
    assert trails(organization) == ids
    assert run("plan", "--exit-code").code == 0
    names = organization.client("cloudformation", "eu-west-1", MAIN).list_stack_sets()["Summaries"]
    assert MANAGED.isdisjoint({one["StackSetName"] for one in names})


def interrupted(organization: Simulation, run: Baseline) -> None:
    """Stacks are given up, and taken in by nobody."""
    organization.faults.add(Fault("error", "cloudformation", "ImportStacksToStackSet", times=99))
    assert run("deploy", "--yes").code == 1
    organization.faults.clear()
    assert "StackSet-auditing-" in str(stacks(organization, PRODUCTION))


def stacks(simulation: Simulation, account: str) -> list[str]:
    found = simulation.client("cloudformation", "eu-west-1", account).describe_stacks()["Stacks"]
    return [str(stack["StackName"]) for stack in found]


@given("by_ourselves")
def test_removing_after_going_over_was_interrupted_leaves_nothing(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    interrupted(organization, run)
    write(tmp_path, f'{SERVICE}exclude_accounts: ["{PAYMENTS}"]\n')
    assert run("remove", "--yes").code == 0
    assert [stacks(organization, account) for account in (PRODUCTION, PAYMENTS)] == [[], []]


@given("by_ourselves")
def test_going_over_that_was_interrupted_can_be_given_up_again(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    ids = trails(organization)
    interrupted(organization, run)
    write(tmp_path, SELF)
    deployed = run("deploy", "--yes")
    assert deployed.code == 0, deployed.err
    assert trails(organization) == ids
    assert run("plan", "--exit-code").code == 0


def import_failed(simulation: Simulation, name: str) -> None:
    """The stack of a member's trail is as it was, and could not be taken in."""
    (found,) = simulation.service("cloudformation").stack_sets.values()
    instance = found[name].instances[PRODUCTION, "eu-west-1"]
    instance.status, instance.detailed, instance.reason = "INOPERABLE", "FAILED_IMPORT", "no role"


@pytest.mark.parametrize(
    ("organization", "had", "settings"),
    [
        ("by_service", "auditing-service-managed", SELF),
        ("by_ourselves", "auditing", SERVICE),
    ],
    ids=["back", "over"],
    indirect=["organization"],
)
def test_a_stack_whose_import_failed_is_taken_in_as_it_is_in_either_mode(
    organization: Simulation, run: Baseline, tmp_path: Path, had: str, settings: str
) -> None:
    import_failed(organization, had)
    write(tmp_path, settings)
    ids = trails(organization)
    deployed = run("deploy", "--yes", "--only", "auditing")
    assert deployed.code == 0, deployed.err
    assert trails(organization) == ids
    assert run("plan", "--exit-code", "--only", "auditing").code == 0


@given("by_ourselves")
def test_nothing_is_given_up_before_the_stack_sets_that_take_it_in_are_there(
    organization: Simulation, run: Baseline
) -> None:
    client = organization.client("cloudformation", "eu-west-1", MAIN)
    client.deactivate_organizations_access()
    seen = writes(organization)
    refused = run("deploy", "--yes")
    assert (refused.code, refused.out, seen) == (2, "", [])
    assert "activate-organizations-access" in refused.err
    client.activate_organizations_access()
    organization.faults.add(Fault("error", "cloudformation", "CreateStackSet", MAIN, times=99))
    seen.clear()
    assert run("deploy", "--yes").code == 1
    assert "DeleteStackInstances" not in seen


@given("by_service")
def test_init_finds_the_mode_and_adopts_nothing_that_the_baseline_made(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        ran = baseline("init", "--home-region", "eu-west-1", "--yes", "--no-progress")
    assert ran.code == 0, ran.err
    written = configuration.load()
    assert (written.stack_sets.mode, written.stack_sets.ous) == ("service-managed", ())
    assert written.adopt == Adopt()


@given("by_service")
def test_init_adopts_nothing_where_nobody_could_look_for_stacks_in_no_stack_set(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    give_up(organization, "auditing-service-managed", PRODUCTION)
    organization.faults.add(Fault("deny", "cloudformation", "DescribeStacks", PRODUCTION))
    monkeypatch.chdir(tmp_path)
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        ran = baseline("init", "--home-region", "eu-west-1", "--yes", "--no-progress")
        written = configuration.load()
        write(tmp_path, SERVICE)
        asked = ("--account", PRODUCTION, "--only", "auditing", "-o", "json", "--no-progress")
        verified = baseline("rollout", "verify", *asked)
    assert ran.code == 1
    assert "UNKNOWN: stacks that no StackSet has in production" in ran.err
    assert written.adopt == Adopt()
    (row,) = of(verified.rows, check="stack instance auditing-service-managed")
    assert (row["status"], row["remedy"].partition(" (")[0]) == ("UNKNOWN", "Make it readable")


def give_up(simulation: Simulation, name: str, account: str) -> None:
    client = simulation.client("cloudformation", "eu-west-1", MAIN)
    of = {"AccountFilterType": "INTERSECTION", "Accounts": [account]}
    client.delete_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": ["r-acme"], **of},
        Regions=["eu-west-1"],
        RetainStacks=True,
    )
    simulation.service("cloudformation").settle()


def trails(simulation: Simulation) -> set[str]:
    """The stacks that made the members' trails."""
    resources = [
        (stack.id, resource.physical_id)
        for stacks in simulation.service("cloudformation").stacks.values()
        for stack in stacks.values()
        for resource in stack.resources.values()
        if resource.type == "AWS::CloudTrail::Trail" and not stack.gone
    ]
    return {f"{stack_id} {trail}" for stack_id, trail in resources}


@given("by_service")
def test_other_settings_of_automatic_deployment_reach_the_stack_sets_and_nothing_else(
    organization: Simulation, run: Baseline, tmp_path: Path
) -> None:
    write(tmp_path, SERVICE.replace("managed}", "managed, keep_on_leaving: true}"))
    changed = [r for r in run("plan", "-o", "json").rows if r["action"] != "skip"]
    assert {(r["kind"], r["action"], r["reason"]) for r in changed} == {
        ("stack set", "update", "stacks of accounts that leave: deleted → kept")
    }
    only = ("--only", "auditing")
    assert run("deploy", "--yes", *only).code == 0
    assert run("plan", "--exit-code", *only).code == 0


@given("by_service")
def test_remove_leaves_nothing_in_members_nor_of_the_stack_sets(
    organization: Simulation, run: Baseline
) -> None:
    assert run("remove", "--yes").code == 0
    client = organization.client("cloudformation", "eu-west-1", MAIN)
    assert client.list_stack_sets()["Summaries"] == []
    there = organization.client("cloudformation", "eu-west-1", PRODUCTION).describe_stacks()
    assert there["Stacks"] == []


@given("blank")
def test_without_trusted_access_preflight_says_what_to_do(
    organization: Simulation, run: Baseline
) -> None:
    client = organization.client("cloudformation", "eu-west-1", MAIN)
    client.deactivate_organizations_access()
    (row,) = [
        r
        for r in run("preflight", "-o", "json").rows
        if r["remedy"] == "aws cloudformation activate-organizations-access --region eu-west-1"
    ]
    assert (row["verdict"], row["account"]) == ("would fail", MAIN)
    refused = run("deploy", "--only", "audit-roles", "--yes", "-o", "json")
    assert refused.code == 1
    assert any("activate-organizations-access" in r["remedy"] for r in refused.rows)


@given("blank")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("stack_sets: {ous: [/Nowhere]}", "there is no OU /Nowhere"),
        ("stack_sets: {keep_on_leaving: true}", "only StackSets of mode service-managed notice"),
        ("stack_sets: {ous: [Workloads]}", "expected an OU by its path or id"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    run: Baseline, tmp_path: Path, settings: str, said: str
) -> None:
    write(tmp_path, f"home_region: eu-west-1\n{settings}\n")
    refused: Ran = run("plan")
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
