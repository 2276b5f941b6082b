"""``baseline rollout`` on a simulated organization, over HTTP, as a user runs it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from baseline import cli
from baseline.simulation import Blueprint, Fault, Simulation
from given_terminal import Ran

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
MAIN, PRODUCTION, DEVELOPMENT = ("100000000001", "400000000004", "600000000006")
FILE = f"""
organization: o-acme0000000
home_region: eu-west-1
regions: [{", ".join(REGIONS)}]
"""
BUCKETS = {f"baseline-{p}-{MAIN}-eu-west-1" for p in ("cloudtrail", "config", "flowlogs")} | {
    f"baseline-query-results-{MAIN}-eu-west-1"
}
READS = ("Describe", "Get", "List", "AssumeRole", "Head", "Lookup", "Batch")

Run = Callable[..., "Ran"]


@pytest.fixture(scope="module")
def blank() -> bytes:
    """A simulated organization in which nothing was rolled out."""
    simulation = Simulation(Blueprint(misconfigured=False))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture(scope="module")
def deployed(blank: bytes) -> bytes:
    """A simulated organization with the whole baseline, in three regions."""
    simulation = Simulation.restore(blank)
    deploy(simulation, "--yes", "--no-progress")
    blob = simulation.snapshot()
    simulation.close()
    return blob


def deploy(simulation: Simulation, *arguments: str) -> None:
    with (
        pytest.MonkeyPatch.context() as patch,
        simulation.serve() as url,
        TemporaryDirectory() as directory,
    ):
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        file = Path(directory, "baseline.yaml")
        file.write_text(FILE)
        assert cli.run(["rollout", "deploy", "--config", str(file), *arguments]) == 0


@pytest.fixture
def organization(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """The simulation that the test asks for by ``given``: ``blank`` or ``deployed``."""
    simulation = Simulation.restore(request.getfixturevalue(request.param))
    yield simulation
    simulation.close()


@pytest.fixture
def run(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Run]:
    """Runs one ``baseline rollout`` command against the simulation, over HTTP."""
    (tmp_path / "baseline.yaml").write_text(FILE)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with organization.serve() as url:
        for name, value in organization.environment(url).items():
            monkeypatch.setenv(name, value)

        def run(*arguments: str) -> Ran:
            capsys.readouterr()
            code = cli.run(["rollout", *arguments])
            said = capsys.readouterr()
            assert "Traceback" not in said.err
            return Ran(code, said.out, said.err)

        yield run


given_nothing = pytest.mark.parametrize("organization", ["blank"], indirect=True)
given_the_baseline = pytest.mark.parametrize("organization", ["deployed"], indirect=True)


def changes(simulation: Simulation) -> list[str]:
    """Fills up with the calls that change something."""
    seen: list[str] = []
    simulation.observers.append(
        lambda call, _answer, _refusal: (
            None if call.operation.startswith(READS) else seen.append(call.operation)
        )
    )
    return seen


@given_nothing
def test_a_file_that_is_no_plan_is_said_before_the_terminal_that_is_not_there(run: Run) -> None:
    assert "it is not a plan that was kept" in run("deploy", "baseline.yaml").err


@given_nothing
def test_plan_changes_nothing_and_says_what_would_be(organization: Simulation, run: Run) -> None:
    seen = changes(organization)
    planned = run("plan", "-o", "json")
    assert planned.code == 0
    assert {row["action"] for row in planned.rows} == {"create", "skip"}
    auditing = [r for r in planned.rows if r["name"] == "auditing" and r["kind"] != "stack set"]
    assert len(auditing) == 6 * 3
    assert [r["account_name"] for r in planned.rows if r["action"] == "skip"] == ["retired"]
    assert seen == []
    assert run("plan", "--exit-code").code == 1


@given_nothing
def test_the_table_groups_what_is_alike(run: Run) -> None:
    table = run("plan").out
    assert "6 accounts x 3 regions" in table
    assert len(table.splitlines()) < 17
    assert len(run("plan", "--all").out.splitlines()) > 40


@given_nothing
def test_one_account_of_a_blank_organization_gets_all_it_needs(run: Run) -> None:
    deployed = run("deploy", "--account", "development", "--yes", "-o", "json")
    assert deployed.code == 0
    assert {r["account"] for r in deployed.rows} == {MAIN, DEVELOPMENT}
    made = {(r["name"], r["account"]) for r in deployed.rows}
    assert ("auditing-storage", MAIN) in made
    verified = run("verify", "--account", "development", "-o", "json")
    assert [r for r in verified.rows if r["status"] != "PASS"] == []


@given_the_baseline
def test_deploying_again_changes_nothing(organization: Simulation, run: Run) -> None:
    seen = changes(organization)
    again = run("deploy", "--yes")
    assert (again.code, seen) == (0, [])
    assert "Nothing to do" in again.err
    planned = run("plan", "--exit-code")
    assert planned.code == 0
    assert "Nothing to do" in planned.err


@given_the_baseline
def test_verify_proves_every_service_in_every_account_and_region(run: Run) -> None:
    verified = run("verify", "-o", "json")
    assert [r for r in verified.rows if r["status"] != "PASS"] == []
    assert verified.code == 0
    for service in ("guardduty", "config", "cloudtrail", "logs"):
        places = {(r["account"], r["region"]) for r in verified.rows if r["service"] == service}
        assert len(places) == 6 * 3
    assert {r["service"] for r in verified.rows} >= {"s3", "iam", "cloudformation"}
    some = run("verify", "--only", "guardduty-member", "--region", "us-east-1", "-o", "json")
    assert {r["service"] for r in some.rows} == {"guardduty", "cloudformation"}


@given_nothing
def test_a_denied_call_fails_one_target_and_running_again_finishes(
    organization: Simulation, run: Run
) -> None:
    fault = Fault("deny", "guardduty", "CreateDetector", PRODUCTION, "us-east-1")
    organization.faults.add(fault)
    first = run("deploy", "--yes", "-o", "json")
    assert first.code == 1
    failed = [r for r in first.rows if r["result"] == "failed"]
    assert [(r["name"], r["account"], r["region"]) for r in failed] == [
        ("guardduty-member", PRODUCTION, "us-east-1")
    ]
    assert "AccessDenied" in failed[0]["cause"]
    assert "AWSCloudFormationStackSetExecutionRole" in failed[0]["remedy"]
    assert f"Failed: guardduty-member in production ({PRODUCTION}) us-east-1" in first.err
    assert len([r for r in first.rows if r["result"] == "created"]) == len(first.rows) - 1

    unproven = run("verify", "-o", "json", "--region", "us-east-1")
    assert unproven.code == 1
    missing = {(r["account"], r["region"]) for r in unproven.rows if r["status"] != "PASS"}
    assert missing == {(PRODUCTION, "us-east-1")}

    organization.faults.clear()
    second = run("deploy", "--yes", "-o", "json")
    assert second.code == 0
    assert [(r["name"], r["account"], r["region"]) for r in second.rows] == [
        ("guardduty-member", PRODUCTION, "us-east-1")
    ]
    assert run("verify", "--region", "us-east-1").code == 0


@given_nothing
def test_an_account_that_cannot_be_entered_does_not_stop_the_others(
    organization: Simulation, run: Run
) -> None:
    organization.faults.add(Fault("deny", "cloudformation", None, PRODUCTION))
    first = run("deploy", "--yes", "-o", "json")
    assert first.code == 1
    failed = [r for r in first.rows if r["result"] == "failed"]
    assert [(r["name"], r["account"]) for r in failed] == [("stack-set-roles", PRODUCTION)]
    blocked = {(r["name"], r["account"]) for r in first.rows if r["result"] == "not tried"}
    assert blocked == {
        (n, PRODUCTION) for n in ("audit-roles", "auditing", "config-rules", "guardduty-member")
    }
    assert (
        "Not tried: stack instance auditing in production, 3 regions: needs stack-set-roles"
        in first.err
    )
    done = [r for r in first.rows if r["name"] == "auditing" and r["result"] == "created"]
    assert len(done) == 1 + 5 * 3
    organization.faults.clear()
    assert run("deploy", "--yes").code == 0
    assert run("verify", "--account", "production").code == 0


@given_the_baseline
def test_a_service_changed_by_hand_is_found_though_cloudformation_is_content(
    organization: Simulation, run: Run
) -> None:
    config = organization.client("config", "us-east-1", DEVELOPMENT)
    config.stop_configuration_recorder(ConfigurationRecorderName="baseline")
    trail = organization.client("cloudtrail", "eu-central-1", PRODUCTION)
    trail.stop_logging(Name="baseline")
    verified = run("verify", "-o", "json", "--not-account", "payments")
    assert verified.code == 1
    assert [
        (r["account"], r["region"], r["check"], r["status"])
        for r in verified.rows
        if r["status"] != "PASS"
    ] == [
        (PRODUCTION, "eu-central-1", "logging", "FAIL"),
        (DEVELOPMENT, "us-east-1", "recorder", "FAIL"),
    ]


def delete_trail(organization: Simulation) -> None:
    organization.client("cloudtrail", "us-east-1", DEVELOPMENT).delete_trail(Name="baseline")


def stop_recorder(organization: Simulation) -> None:
    config = organization.client("config", "us-east-1", DEVELOPMENT)
    name = config.describe_configuration_recorders()["ConfigurationRecorders"][0]["name"]
    config.stop_configuration_recorder(ConfigurationRecorderName=name)


def delete_stack(organization: Simulation) -> None:
    cloudformation = organization.client("cloudformation", "us-east-1", DEVELOPMENT)
    found = cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    [stack] = [s["StackId"] for s in found if s["StackName"].startswith("StackSet-auditing-")]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 1}
    )


@given_the_baseline
@pytest.mark.parametrize("change", [delete_trail, stop_recorder, delete_stack])
def test_what_verify_advises_mends_what_was_changed_by_hand(
    organization: Simulation, run: Run, change: Callable[[Simulation], None]
) -> None:
    change(organization)
    assert "Whether the services are, says: baseline rollout verify" in run("deploy", "--yes").err
    chosen = ("verify", "--account", "development", "--region", "us-east-1", "-o", "json")
    verified = run(*chosen)
    assert verified.code == 1
    remedies = {r["remedy"] for r in verified.rows if r["status"] == "FAIL"}
    remove = f"remove --only auditing --account {DEVELOPMENT} --region us-east-1"
    if change is stop_recorder:  # can also just be started again
        assert all("start-configuration-recorder" in remedy for remedy in remedies)
    else:
        anew = f"Make it anew: baseline rollout {remove}, then: baseline rollout deploy"
        assert remedies == {anew}
    assert run(*remove.split(), "--yes").code == 0
    assert run("deploy", "--yes").code == 0
    assert run(*chosen).code == 0


@given_the_baseline
def test_a_guardduty_member_that_left_is_made_anew_as_verify_advises(
    organization: Simulation, run: Run
) -> None:
    member = organization.client("guardduty", "us-east-1", DEVELOPMENT)
    [detector] = member.list_detectors()["DetectorIds"]
    member.disassociate_from_administrator_account(DetectorId=detector)
    chosen = ("verify", "--account", "development", "--region", "us-east-1", "-o", "json")
    remedies = {r["remedy"] for r in run(*chosen).rows if r["status"] == "FAIL"}
    remove = f"remove --only guardduty-member --account {DEVELOPMENT} --region us-east-1"
    assert remedies == {f"Make it anew: baseline rollout {remove}, then: baseline rollout deploy"}
    assert run(*remove.split(), "--yes").code == 0
    assert run("deploy", "--yes").code == 0
    assert run(*chosen).code == 0


@given_the_baseline
def test_who_cannot_be_invited_again_is_named_and_the_others_come_back(
    organization: Simulation, run: Run
) -> None:
    remove = ("remove", "--only", "guardduty-member", "--account", DEVELOPMENT, "--yes")
    assert run(*remove).code == 0
    organization.faults.add(Fault.parse(f"deny:guardduty:InviteMembers:{MAIN}:us-east-1"))
    tried = run("deploy", "--yes", "-o", "json")
    assert tried.code == 1
    failed = {row["region"]: row["cause"] for row in tried.rows if row["result"] == "failed"}
    assert list(failed) == ["us-east-1"]
    assert "AccessDenied" in failed["us-east-1"]
    organization.faults.clear()
    assert run("deploy", "--yes").code == 0
    assert run("verify", "--account", DEVELOPMENT).code == 0


@given_nothing
def test_what_is_missing_in_a_place_where_deploying_helps_says_deploy(run: Run) -> None:
    run("deploy", "--account", "acme-main", "--region", "eu-west-1", "--yes")
    verified = run("verify", "--account", "acme-main", "--region", "us-east-1", "-o", "json")
    remedies = {r["remedy"] for r in verified.rows if r["status"] == "FAIL"}
    assert remedies == {"Run: baseline rollout deploy"}


@given_the_baseline
def test_verify_never_passes_without_having_looked(run: Run) -> None:
    retired = run("verify", "--account", "retired", "-o", "json")
    assert retired.code == 1
    assert [(r["status"], r["account_name"]) for r in retired.rows] == [("UNKNOWN", "retired")]
    for nowhere in (
        ("--only", "guardduty-member", "--account", "acme-main"),
        ("--only", "audit-roles", "--region", "us-east-1"),
    ):
        refused = run("verify", *nowhere)
        assert (refused.code, refused.out) == (2, "")
        assert "nothing of the baseline belongs" in refused.err
    assert run("verify", "--ou", "/Suspended").code == 1


@given_the_baseline
def test_an_excluded_account_keeps_nothing(
    organization: Simulation, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE + f'exclude_accounts: ["{DEVELOPMENT}"]\n')
    assert run("deploy", "--yes").code == 0
    roles = organization.client("iam", "us-east-1", DEVELOPMENT).list_roles()["Roles"]
    names = {role["RoleName"] for role in roles}
    assert not names & {"AssumableSecurityAuditRole", "AWSCloudFormationStackSetExecutionRole"}
    assert run("plan", "--exit-code").code == 0


@given_the_baseline
@pytest.mark.parametrize("setting", ["home_region: us-east-1", "prefix: another"])
def test_what_cannot_be_changed_later_is_refused(
    organization: Simulation, run: Run, tmp_path: Path, setting: str
) -> None:
    name = setting.partition(":")[0]
    lines = [line for line in FILE.splitlines() if not line.startswith(name)]
    (tmp_path / "baseline.yaml").write_text("\n".join([*lines, setting]))
    seen = changes(organization)
    refused = run("deploy", "--yes")
    assert (refused.code, seen) == (2, [])
    assert f"{name}: the baseline is there already" in refused.err


@given_the_baseline
@pytest.mark.parametrize("kind", ["deny", "throttle", "timeout"])
def test_what_cannot_be_looked_at_is_unknown_with_a_cause(
    organization: Simulation, run: Run, kind: Any
) -> None:
    organization.faults.add(Fault(kind, "config", None, DEVELOPMENT, "us-east-1"))
    verified = run("verify", "-o", "json", "--ou", "/Workloads/Development")
    assert verified.code == 1
    odd = [r for r in verified.rows if r["status"] != "PASS"]
    assert {(r["service"], r["account"], r["region"], r["status"]) for r in odd} == {
        ("config", DEVELOPMENT, "us-east-1", "UNKNOWN")
    }
    assert all(r["detail"].startswith("could not look: ") and r["remedy"] for r in odd)


@given_the_baseline
def test_an_account_without_the_audit_role_is_unknown_and_never_read_as_another(
    organization: Simulation, run: Run
) -> None:
    iam = organization.client("iam", "us-east-1", PRODUCTION)
    role = {"RoleName": "AssumableSecurityAuditRole"}
    for policy in iam.list_attached_role_policies(**role)["AttachedPolicies"]:
        iam.detach_role_policy(PolicyArn=policy["PolicyArn"], **role)
    for name in iam.list_role_policies(**role)["PolicyNames"]:
        iam.delete_role_policy(PolicyName=name, **role)
    iam.delete_role(**role)
    verified = run("verify", "-o", "json", "--ou", "/Workloads")
    own = [
        r["status"]
        for r in verified.rows
        if r["account"] == PRODUCTION and r["service"] != "cloudformation"
    ]
    assert set(own) == {"UNKNOWN"}
    assert {r["status"] for r in verified.rows if r["account"] != PRODUCTION} == {"PASS"}


@given_the_baseline
def test_a_new_global_region_moves_without_a_collision(
    organization: Simulation, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE + "config: {global_region: us-east-1}\n")
    assert run("plan", "--exit-code").code == 1
    moved = run("deploy", "--yes", "-o", "json")
    assert moved.code == 0
    assert {r["name"] for r in moved.rows} == {"auditing", "config-rules"}
    assert run("verify", "--account", "production").code == 0


@given_the_baseline
def test_a_dropped_region_is_deleted_there_and_nowhere_else(
    organization: Simulation, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE.replace("eu-central-1, ", ""))
    dropped = run("deploy", "--yes", "-o", "json")
    assert dropped.code == 0
    assert {(r["result"], r["region"]) for r in dropped.rows} == {("deleted", "eu-central-1")}
    detectors = organization.client("guardduty", "eu-central-1", MAIN).list_detectors()
    assert detectors["DetectorIds"] == []


@given_the_baseline
def test_remove_leaves_only_the_buckets_and_says_so(organization: Simulation, run: Run) -> None:
    removed = run("remove", "--yes", "-o", "json")
    assert removed.code == 0
    assert {r["result"] for r in removed.rows} == {"deleted"}
    for bucket in BUCKETS:
        assert f"s3://{bucket}" in removed.err
    s3 = organization.client("s3", "eu-west-1", MAIN)
    assert {b["Name"] for b in s3.list_buckets()["Buckets"]} == BUCKETS
    cloudformation = organization.client("cloudformation", "eu-west-1", MAIN)
    assert cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"] == []
    for account_id in (MAIN, PRODUCTION):
        iam = organization.client("iam", "us-east-1", account_id)
        names = {role["RoleName"] for role in iam.list_roles()["Roles"]}
        assert not names & {"AssumableSecurityAuditRole", "AWSCloudFormationStackSetExecutionRole"}
        for region in REGIONS:
            trails = organization.client("cloudtrail", region, account_id).describe_trails()
            assert trails["trailList"] == []
    assert "Nothing to remove" in run("remove", "--yes").err


@given_the_baseline
def test_what_could_not_be_removed_keeps_the_roles_that_remove_it(
    organization: Simulation, run: Run
) -> None:
    fault = Fault("deny", "cloudtrail", "DeleteTrail", DEVELOPMENT, "us-east-1")
    organization.faults.add(fault)
    first = run("remove", "--yes", "-o", "json")
    assert first.code == 1
    failed = [(r["name"], r["account"]) for r in first.rows if r["result"] == "failed"]
    assert failed == [("auditing", DEVELOPMENT)]
    kept = {(r["kind"], r["name"], r["account"]) for r in first.rows if r["result"] == "not tried"}
    assert kept == {
        ("stack set", "auditing", MAIN),
        ("stack set", "audit-roles", MAIN),
        ("stack instance", "audit-roles", DEVELOPMENT),
        ("stack", "stack-set-roles", DEVELOPMENT),
        ("stack", "stack-set-roles", MAIN),
        ("stack", "auditing-storage", MAIN),
    }
    assert "Left on purpose" not in first.err
    organization.faults.clear()
    # Without a terminal it is shown, and not done.
    seen = changes(organization)
    asked = run("remove")
    assert (asked.code, seen) == (2, [])
    assert "to delete" in asked.err
    assert "no terminal to ask. Add --yes" in asked.err
    removed = run("remove", "--yes")
    assert removed.code == 0
    (key,) = re.findall(r"schedule-key-deletion --region eu-west-1 --key-id (\S+)", removed.err)
    kms = organization.client("kms", "eu-west-1", MAIN)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert "Nothing to remove" in run("remove", "--yes").err


@given_the_baseline
def test_a_new_account_is_reached_and_a_closed_one_is_given_up(
    organization: Simulation, run: Run
) -> None:
    organizations = organization.client("organizations", "us-east-1", MAIN)
    made = organizations.create_account(Email="new@acme.example", AccountName="new")
    account_id = made["CreateAccountStatus"]["AccountId"]
    organizations.close_account(AccountId=DEVELOPMENT)
    deployed = run("deploy", "--yes", "-o", "json")
    assert deployed.code == 0
    retained = [r for r in deployed.rows if r["result"] == "retained"]
    assert {r["account"] for r in retained} == {DEVELOPMENT}
    left = {"audit-roles", "auditing", "config-rules", "guardduty-member"}
    assert {r["name"] for r in retained} == left
    created = [r for r in deployed.rows if r["result"] == "created"]
    assert {r["account"] for r in created} == {account_id}
    assert run("verify", "--account", "new", "--account", "acme-main").code == 0


@given_the_baseline
def test_without_a_terminal_nothing_is_even_read(organization: Simulation, run: Run) -> None:
    seen: list[str] = []
    organization.observers.append(lambda call, _answer, _refusal: seen.append(call.operation))
    refused = run("deploy")
    assert (refused.code, refused.out, seen) == (2, "", [])
    assert "See what with: baseline rollout plan; then add --yes." in refused.err


@given_the_baseline
def test_one_account_can_be_removed_and_deployed_again(run: Run) -> None:
    chosen = ("--account", "development", "--only", "auditing", "--yes")
    removed = run("remove", *chosen, "-o", "json")
    assert (removed.code, len(removed.rows)) == (0, 3)
    assert {r["account"] for r in removed.rows} == {DEVELOPMENT}
    assert run("verify", "--account", "development").code == 1
    assert run("deploy", *chosen).code == 0
    assert run("verify", "--account", "development").code == 0


@given_nothing
def test_credentials_of_another_organization_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text("organization: o-anotherorgid\n")
    refused = run("plan")
    assert (refused.code, refused.out) == (2, "")
    assert "o-acme0000000" in refused.err


@given_nothing
def test_a_stack_set_of_somebody_else_is_not_touched(organization: Simulation, run: Run) -> None:
    cloudformation = organization.client("cloudformation", "eu-west-1", MAIN)
    body = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    cloudformation.create_stack_set(StackSetName="auditing", TemplateBody=body)
    seen = changes(organization)
    refused = run("deploy", "--yes")
    assert (refused.code, seen) == (2, [])
    assert "StackSet auditing: it is there already and was not made by this roll-out" in refused.err


@given_nothing
@pytest.mark.parametrize("command", ["plan", "deploy", "verify", "remove"])
def test_without_credentials_one_sentence_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    refused = run(command)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: ")
    assert len(refused.err.splitlines()) == 1
