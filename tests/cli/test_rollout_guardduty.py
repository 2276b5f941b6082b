"""GuardDuty over a simulated organization, as a user rolls it out: who sees whose findings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.rollout import inviting
from baseline.simulation import Blueprint, Simulation
from baseline.simulation.faults import Fault
from baseline.simulation.guardduty_state import Member, Relationship
from given_terminal import Ran

HOME, OTHER = "eu-west-1", "us-east-1"
REGIONS = (HOME, OTHER)
MAIN, LOGS, SECURITY, PRODUCTION, PAYMENTS, DEVELOPMENT = (
    "100000000001",
    "200000000002",
    "300000000003",
    "400000000004",
    "500000000005",
    "600000000006",
)
FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{", ".join(REGIONS)}]
"""


class Run:
    """Runs ``baseline rollout`` with the baseline.yaml that was last written."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = file
        self._capsys = capsys
        self.configure()

    def configure(self, more: str = "") -> None:
        """Write baseline.yaml: the usual settings and ``more``."""
        self._file.write_text(FILE + more)

    def __call__(self, command: str, *arguments: str) -> Ran:
        self._capsys.readouterr()
        given = ("--yes",) if command in ("deploy", "remove") else ()
        code = cli.run(["rollout", command, "-o", "json", "--no-progress", *given, *arguments])
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)


@pytest.fixture(scope="module")
def blank() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def organization(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """One in which nothing was rolled out, unless the test is ``given_invitations``."""
    simulation = Simulation.restore(request.getfixturevalue(getattr(request, "param", "blank")))
    yield simulation
    simulation.close()


@pytest.fixture
def run(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Run]:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with organization.serve() as url:
        for name, value in organization.environment(url).items():
            monkeypatch.setenv(name, value)
        yield Run(tmp_path / "baseline.yaml", capsys)


def guardduty(organization: Simulation, account: str, region: str = HOME) -> tuple[Any, str]:
    """A client and the detector of an account."""
    client = organization.client("guardduty", region, account)
    return client, client.list_detectors()["DetectorIds"][0]


def members(organization: Simulation, account: str = MAIN, region: str = HOME) -> dict[str, str]:
    """How each account stands to an administrator."""
    client, detector = guardduty(organization, account, region)
    pages = client.get_paginator("list_members").paginate(
        DetectorId=detector, OnlyAssociated="false"
    )
    return {m["AccountId"]: m["RelationshipStatus"] for page in pages for m in page["Members"]}


def writes(organization: Simulation) -> list[tuple[str, str]]:
    """Fills up with the calls that change something, and their regions."""
    seen: list[tuple[str, str]] = []
    reads = ("Describe", "Get", "List", "AssumeRole", "Head")
    organization.observers.append(
        lambda call, _answer, _refusal: (
            None if call.operation.startswith(reads) else seen.append((call.operation, call.region))
        )
    )
    return seen


def test_the_main_account_invites_more_members_than_one_template_has_room_for(
    organization: Simulation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for two, three StackSets invite five members, and all accept."""
    monkeypatch.setattr(inviting, "ROOM", 2)
    chosen = ("--only", "guardduty-main", "--only", "guardduty-member")
    deployed = run("deploy", *chosen)
    assert deployed.code == 0, deployed.err
    made = {(r["name"], r["region"]) for r in deployed.rows if r["kind"] == "stack instance"}
    names = {name for name, _ in made if name.startswith("guardduty-main")}
    assert names == {"guardduty-main", "guardduty-main-2", "guardduty-main-3"}
    for region in REGIONS:
        assert set(members(organization, MAIN, region).values()) == {"Enabled"}
    assert run("plan", *chosen, "--exit-code").code == 0

    run.configure(f'exclude_accounts: ["{DEVELOPMENT}"]\n')
    left = run("deploy", *chosen)
    assert left.code == 0, left.err
    changed = {r["name"] for r in left.rows if r["account"] == MAIN}
    assert changed == {"guardduty-main-3"}  # no other account was moved into its place
    assert len(members(organization)) == 4

    removed = run("remove", *chosen)
    assert removed.code == 0, removed.err
    order = [r["name"] for r in removed.rows if r["kind"] == "stack set"]
    assert order == ["guardduty-member", "guardduty-main-2", "guardduty-main"]


DELEGATED = """
guardduty:
  mode: delegated-admin
  protection_plans: [RUNTIME_MONITORING, AI_PROTECTION]
"""
GUARDDUTY = ("--only", "guardduty-organization")


def finding(organization: Simulation, account: str, region: str) -> None:
    client, detector = guardduty(organization, account, region)
    client.create_sample_findings(DetectorId=detector, FindingTypes=["Recon:EC2/PortScan"])


def seen_by(organization: Simulation, account: str, region: str) -> set[str]:
    """The accounts whose findings an account sees in a region."""
    client, detector = guardduty(organization, account, region)
    ids = client.list_findings(DetectorId=detector)["FindingIds"]
    found = client.get_findings(DetectorId=detector, FindingIds=ids)["Findings"] if ids else []
    return {one["AccountId"] for one in found}


@pytest.mark.parametrize("administrator", [MAIN, SECURITY])
def test_a_delegated_administrator_sees_the_findings_of_all_members_in_each_region(
    organization: Simulation, run: Run, administrator: str
) -> None:
    run.configure(f'{DELEGATED}  administrator: "{administrator}"\n')
    planned = run("plan", *GUARDDUTY)
    steps = [
        (r["action"], r["account"], r["region"]) for r in planned.rows if r["kind"] == "delegation"
    ]
    assert steps == [("create", administrator, HOME), ("create", administrator, OTHER)]
    seen = writes(organization)
    deployed = run("deploy", *GUARDDUTY)
    assert deployed.code == 0, deployed.err
    assert "UNKNOWN" not in deployed.err.upper()
    named = [region for operation, region in seen if operation == "EnableOrganizationAdminAccount"]
    assert named == [HOME, OTHER]  # one region first, then the others

    others = {MAIN, SECURITY, PRODUCTION, DEVELOPMENT} - {administrator}
    for region in REGIONS:
        found = members(organization, administrator, region)
        assert others <= found.keys()
        assert set(found.values()) == {"Enabled"}
        finding(organization, PRODUCTION, region)
        assert seen_by(organization, administrator, region) == {PRODUCTION}
    assert run("plan", *GUARDDUTY, "--exit-code").code == 0

    removed = run("remove", *GUARDDUTY)
    assert removed.code == 0, removed.err
    assert members(organization, administrator) == {}
    assert guardduty(organization, PRODUCTION)[1]
    assert "GuardDuty itself. It stays on, and goes on costing" in removed.err


def test_protection_plans_are_switched_on_where_the_region_has_them(
    organization: Simulation, run: Run
) -> None:
    run.configure(f"{DELEGATED}\n".replace("us-east-1", "eu-west-3"))
    (Path.cwd() / "baseline.yaml").write_text(FILE.replace(OTHER, "eu-west-3") + DELEGATED)
    assert run("deploy", *GUARDDUTY).code == 0
    for region, there in ((HOME, True), ("eu-west-3", False)):
        client, detector = guardduty(organization, PRODUCTION, region)
        features = {
            f["Name"]: f["Status"] for f in client.get_detector(DetectorId=detector)["Features"]
        }
        assert features["RUNTIME_MONITORING"] == "ENABLED"
        assert (features.get("AI_PROTECTION") == "ENABLED") is there
    again = run("plan", *GUARDDUTY)
    assert "AI_PROTECTION is not there in eu-west-3" in again.err
    assert {r["action"] for r in again.rows if r["kind"] == "delegation"} == {"skip"}


def test_what_was_changed_in_the_organization_by_hand_is_planned_back(
    organization: Simulation, run: Run
) -> None:
    run.configure(DELEGATED)
    assert run("deploy", *GUARDDUTY).code == 0
    client, detector = guardduty(organization, MAIN)
    client.update_organization_configuration(
        DetectorId=detector,
        AutoEnableOrganizationMembers="NONE",
        Features=[{"Name": "RUNTIME_MONITORING", "AutoEnable": "NONE"}],
    )
    client.stop_monitoring_members(DetectorId=detector, AccountIds=[PRODUCTION])
    client.disassociate_members(DetectorId=detector, AccountIds=[DEVELOPMENT])
    planned = run("plan", *GUARDDUTY)
    (step,) = [r for r in planned.rows if r["action"] == "update"]
    for words in (
        "auto-enable: NONE → ALL",
        "RUNTIME_MONITORING: NONE → ALL",
        f"not a member: {DEVELOPMENT}",
        f"monitoring is stopped: {PRODUCTION}",
    ):
        assert words in step["reason"]
    assert run("deploy", *GUARDDUTY).code == 0
    assert run("plan", *GUARDDUTY, "--exit-code").code == 0


def test_a_second_administrator_is_refused_before_anything_is_done(
    organization: Simulation, run: Run
) -> None:
    organization.client("guardduty", HOME, MAIN).enable_organization_admin_account(
        AdminAccountId=SECURITY
    )
    seen = writes(organization)
    run.configure(DELEGATED)
    refused = run("deploy")
    assert (refused.code, seen) == (2, [])
    assert f"{SECURITY} administers GuardDuty for the organization" in refused.err
    assert f"Write administrator: '{SECURITY}'" in refused.err
    run.configure()
    refused = run("deploy")
    assert (refused.code, seen) == (2, [])
    assert "Write mode: delegated-admin" in refused.err


INVITATIONS = ("--only", "guardduty-main", "--only", "guardduty-member")
AUDIT = ("--only", "audit-roles")  # with which verify looks
# What would switch GuardDuty off, or part a member from its administrator.
LOSSES = {
    "DeleteDetector",
    "DisassociateMembers",
    "DeleteMembers",
    "DisassociateFromAdministratorAccount",
}


@pytest.fixture(scope="module")
def invited(blank: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An organization in which the main account has invited every member, and all accepted."""
    simulation = Simulation.restore(blank)
    file = tmp_path_factory.mktemp("invited") / "baseline.yaml"
    file.write_text(FILE)
    with pytest.MonkeyPatch.context() as patch, simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        command = ["rollout", "deploy", "--config", str(file), "--yes", *INVITATIONS, *AUDIT]
        assert cli.run([*command, "--no-progress"]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


given_invitations = pytest.mark.parametrize("organization", ["invited"], indirect=True)


@given_invitations
@pytest.mark.parametrize("administrator", [MAIN, SECURITY])
def test_going_over_to_a_delegated_administrator_keeps_detectors_and_findings(
    organization: Simulation, run: Run, administrator: str
) -> None:
    everybody = (MAIN, SECURITY, PRODUCTION, DEVELOPMENT)
    detectors = {(a, r): guardduty(organization, a, r)[1] for a in everybody for r in REGIONS}
    finding(organization, PRODUCTION, OTHER)
    run.configure(f'guardduty:\n  mode: delegated-admin\n  administrator: "{administrator}"\n')
    seen = writes(organization)
    planned = run("plan", *INVITATIONS, *GUARDDUTY, "--out", "over.plan")
    assert (planned.code, seen) == (0, [])
    assert "GuardDuty goes over from invitations to the administrator" in planned.err
    kept = [r for r in planned.rows if "told to keep" in r["reason"]]
    assert {r["name"] for r in kept} == {"guardduty-main", "guardduty-member"}
    assert "as a whole" in run("plan", *GUARDDUTY).err

    moved = run("deploy", "over.plan")
    assert moved.code == 0, moved.err
    lost = {operation for operation, _ in seen} & LOSSES
    assert lost == (set() if administrator == MAIN else {"DisassociateMembers", "DeleteMembers"})
    after = {(a, r): guardduty(organization, a, r)[1] for a in everybody for r in REGIONS}
    assert after == detectors
    for region in REGIONS:
        assert set(members(organization, administrator, region).values()) == {"Enabled"}
    assert seen_by(organization, administrator, OTHER) == {PRODUCTION}
    left = run("plan", *INVITATIONS, *GUARDDUTY, "--exit-code")
    assert left.code == 0, left.out


@given_invitations
def test_nothing_is_let_go_before_every_stack_keeps_what_it_made(
    organization: Simulation, run: Run
) -> None:
    stacks = organization.service("cloudformation").stacks[PRODUCTION, OTHER].values()
    (stuck,) = [s for s in stacks if s.name.startswith("StackSet-guardduty-member")]
    stuck.status = "UPDATE_ROLLBACK_FAILED"
    run.configure("guardduty:\n  mode: delegated-admin\n")
    seen = writes(organization)
    chosen = (*INVITATIONS, *GUARDDUTY)
    halted = run("deploy", *chosen)
    assert halted.code == 1
    assert {(r["name"], r["account"]) for r in halted.rows if r["result"] == "failed"} == {
        ("guardduty-member", PRODUCTION)
    }
    waiting = [r for r in halted.rows if r["result"] == "not tried"]
    assert {r["kind"] for r in waiting} >= {"delegation", "stack instance"}
    assert not {operation for operation, _ in seen} & LOSSES
    assert set(members(organization).values()) == {"Enabled"}
    stuck.status = "UPDATE_COMPLETE"
    healed = run("deploy", *chosen)
    assert healed.code == 0, healed.err
    assert not {operation for operation, _ in seen} & LOSSES
    assert set(members(organization).values()) == {"Enabled"}


def leave(organization: Simulation, account: str, region: str) -> None:
    client, detector = guardduty(organization, account, region)
    client.disassociate_from_administrator_account(DetectorId=detector)


def invite(organization: Simulation, administrator: str, account: str, email: str) -> None:
    """An invitation in the other region, from scratch."""
    client, detector = guardduty(organization, administrator, OTHER)
    details = [{"AccountId": account, "Email": email}]
    client.create_members(DetectorId=detector, AccountDetails=details)
    client.invite_members(DetectorId=detector, AccountIds=[account])


def forget(organization: Simulation, account: str) -> None:
    client, detector = guardduty(organization, MAIN, OTHER)
    client.disassociate_members(DetectorId=detector, AccountIds=[account])
    client.delete_members(DetectorId=detector, AccountIds=[account])


def join_another(organization: Simulation) -> None:
    """The log archive becomes a member of the security account, which is none itself any more."""
    leave(organization, SECURITY, OTHER)
    leave(organization, LOGS, OTHER)
    invite(organization, SECURITY, LOGS, "log-archive@acme.example")
    client, detector = guardduty(organization, LOGS, OTHER)
    (invitation,) = client.list_invitations()["Invitations"]
    client.accept_administrator_invitation(
        DetectorId=detector, AdministratorId=SECURITY, InvitationId=invitation["InvitationId"]
    )


@given_invitations
def test_verify_names_the_cause_of_each_half_state_and_deploying_anew_mends_it(
    organization: Simulation, run: Run
) -> None:
    join_another(organization)
    forget(organization, PAYMENTS)
    invite(organization, MAIN, PAYMENTS, "somebody@acme.example")
    forget(organization, DEVELOPMENT)
    invite(organization, MAIN, DEVELOPMENT, "development@acme.example")
    main, detector = guardduty(organization, MAIN, OTHER)
    main.stop_monitoring_members(DetectorId=detector, AccountIds=[PRODUCTION])
    chosen = ("--only", "guardduty-member", "--region", OTHER)

    verified = run("verify", *chosen)
    assert verified.code == 1
    failed = {(r["account"], r["check"]): r for r in verified.rows if r["status"] == "FAIL"}
    causes = {account: row["detail"] for (account, _), row in sorted(failed.items())}
    assert f"member of another administrator, {SECURITY}" in failed[LOGS, "administrator"]["detail"]
    assert "disassociate-from-administrator-account" in failed[LOGS, "administrator"]["remedy"]
    assert "has resigned" in causes[SECURITY]
    assert "EmailVerificationFailed: somebody@acme.example" in causes[PAYMENTS]
    assert "was invited by 100000000001 and never accepted" in causes[DEVELOPMENT]
    assert "is disabled" in causes[PRODUCTION]
    assert "start-monitoring-members" in failed[PRODUCTION, "member"]["remedy"]
    for account in (SECURITY, PAYMENTS, DEVELOPMENT):
        remove = f"remove --only guardduty-member --account {account} --region {OTHER}"
        assert remove in failed[account, "member"]["remedy"]

    leave(organization, LOGS, OTHER)
    security, theirs = guardduty(organization, SECURITY, OTHER)
    security.delete_members(DetectorId=theirs, AccountIds=[LOGS])
    assert run("remove", *chosen).code == 0
    assert run("deploy", *chosen).code == 0
    verified = run("verify", *chosen)
    assert [r for r in verified.rows if r["status"] != "PASS"] == []


def test_verify_proves_a_delegated_administrator_and_names_who_was_removed(
    organization: Simulation, run: Run
) -> None:
    run.configure(f'{DELEGATED}  auto_enable: NEW\n  administrator: "{SECURITY}"\n')
    assert run("deploy", *GUARDDUTY, *AUDIT).code == 0
    proven = run("verify", *GUARDDUTY)
    assert [r for r in proven.rows if r["status"] != "PASS"] == []
    checks = {(r["account"], r["check"]) for r in proven.rows if r["service"] == "guardduty"}
    assert {(SECURITY, "protection plans"), (MAIN, "member"), (PRODUCTION, "detector")} <= checks

    security, detector = guardduty(organization, SECURITY)
    security.disassociate_members(DetectorId=detector, AccountIds=[PRODUCTION])
    found = run("verify", *GUARDDUTY, "--account", PRODUCTION)
    assert {r["detail"] for r in found.rows if r["status"] == "FAIL"} == {
        f"was removed by {SECURITY}",
        f"not a member: {PRODUCTION}",
    }
    assert {r["remedy"] for r in found.rows if r["status"] == "FAIL"} == {
        "Run: baseline rollout deploy"
    }
    assert run("deploy", *GUARDDUTY).code == 0
    assert run("verify", *GUARDDUTY).code == 0


EXTERNAL = "999988887777"  # of no account of the organization
BY_SECURITY = f'{DELEGATED}  administrator: "{SECURITY}"\n'


def join_from_elsewhere(organization: Simulation, administrator: str, region: str = HOME) -> None:
    """An account of another organization is a member of ``administrator``."""
    known = organization.service("guardduty").detectors[administrator, region].members
    since = "2026-01-01T00:00:00.000Z"
    known[EXTERNAL] = Member(EXTERNAL, "theirs@other.example", since, Relationship.ENABLED)


def administrators(organization: Simulation) -> dict[str, list[str]]:
    """Who administers GuardDuty, by region."""
    return {
        region: [
            one["AdminAccountId"]
            for one in organization.client(
                "guardduty", region, MAIN
            ).list_organization_admin_accounts()["AdminAccounts"]
        ]
        for region in REGIONS
    }


def registered(organization: Simulation) -> list[str]:
    """The delegated administrators of GuardDuty, as Organizations has them."""
    client = organization.client("organizations", "us-east-1", MAIN)
    answer = client.list_delegated_administrators(ServicePrincipal="guardduty.amazonaws.com")
    return [one["Id"] for one in answer["DelegatedAdministrators"]]


@given_invitations
def test_going_over_stops_where_the_main_account_would_lose_members_of_others(
    organization: Simulation, run: Run
) -> None:
    join_from_elsewhere(organization, MAIN, OTHER)
    run.configure(BY_SECURITY)
    seen = writes(organization)
    for command in ("plan", "deploy"):
        refused = run(command, *INVITATIONS, *GUARDDUTY)
        assert (refused.code, seen) == (2, [])
        assert EXTERNAL in refused.err
        assert OTHER in refused.err
    run.configure(DELEGATED)  # the main account, which they may stay with
    assert run("deploy", *INVITATIONS, *GUARDDUTY).code == 0
    assert members(organization, MAIN, OTHER)[EXTERNAL] == "Enabled"


def test_removal_leaves_an_administrator_with_members_of_others_and_names_them(
    organization: Simulation, run: Run
) -> None:
    run.configure(BY_SECURITY)
    assert run("deploy", *GUARDDUTY).code == 0
    join_from_elsewhere(organization, SECURITY)
    before = members(organization, SECURITY)
    removed = run("remove", *GUARDDUTY)
    assert removed.code == 0, removed.err
    assert f"it has members that are not the baseline's: {EXTERNAL}" in removed.err
    assert members(organization, SECURITY) == before
    assert administrators(organization) == {HOME: [SECURITY], OTHER: []}
    assert registered(organization) == [SECURITY]

    security, detector = guardduty(organization, SECURITY)
    security.update_organization_configuration(
        DetectorId=detector, AutoEnableOrganizationMembers="NONE"
    )
    security.disassociate_members(DetectorId=detector, AccountIds=[EXTERNAL])
    assert run("remove", *GUARDDUTY).code == 0
    assert (administrators(organization)[HOME], registered(organization)) == ([], [])


def test_removal_leaves_an_administrator_who_was_there_before(
    organization: Simulation, run: Run
) -> None:
    """And the main account's detector, which cannot go while it is a member."""
    for region in REGIONS:
        organization.client("guardduty", region, MAIN).enable_organization_admin_account(
            AdminAccountId=SECURITY
        )
    run.configure(BY_SECURITY)
    chosen = (*GUARDDUTY, "--only", "guardduty-main")
    assert run("deploy", *chosen).code == 0
    before = members(organization, SECURITY)
    assert before[MAIN] == "Enabled"
    removed = run("remove", *chosen)
    assert removed.code == 0, removed.err
    assert "Left on purpose: GuardDuty's administrator security" in removed.err
    assert "it was there before the baseline" in removed.err
    assert {r["kind"] for r in removed.rows} == {"stack instance", "stack set"}
    assert members(organization, SECURITY) == before
    assert administrators(organization) == {HOME: [SECURITY], OTHER: [SECURITY]}
    assert guardduty(organization, MAIN)[1]
    again = run("remove", *GUARDDUTY)
    assert (again.code, json.loads(again.out)) == (0, [])
    assert "Nothing to remove" in again.err
    assert "it was there before the baseline" in again.err


def test_an_administrator_is_registered_until_no_region_names_it(
    organization: Simulation, run: Run
) -> None:
    run.configure(BY_SECURITY)
    assert run("deploy", *GUARDDUTY).code == 0
    assert run("remove", *GUARDDUTY, "--region", HOME).code == 0
    assert administrators(organization) == {HOME: [], OTHER: [SECURITY]}
    assert registered(organization) == [SECURITY]
    assert run("remove", *GUARDDUTY, "--region", OTHER).code == 0
    assert registered(organization) == []


@given_invitations
def test_nobody_is_let_go_where_the_administrator_may_not_be_named(
    organization: Simulation, run: Run
) -> None:
    run.configure(BY_SECURITY)
    before = members(organization)
    seen = writes(organization)
    organization.faults.add(Fault("deny", "guardduty", "EnableOrganizationAdminAccount"))
    assert run("deploy", *INVITATIONS, *GUARDDUTY).code == 1
    assert members(organization) == before
    assert not {operation for operation, _ in seen} & LOSSES

    organization.faults.clear()
    assert run("deploy", *INVITATIONS, *GUARDDUTY).code == 0
    assert set(members(organization, SECURITY).values()) == {"Enabled"}


@given_invitations
def test_going_over_goes_on_where_it_was_interrupted_after_the_naming(
    organization: Simulation, run: Run
) -> None:
    run.configure(BY_SECURITY)
    organization.faults.add(Fault("deny", "guardduty", "TagResource", SECURITY))
    assert run("deploy", *INVITATIONS, *GUARDDUTY).code == 1
    assert administrators(organization)[HOME] == [SECURITY]
    assert members(organization)[PRODUCTION] == "Enabled"  # of the main account still

    organization.faults.clear()
    assert run("deploy", *INVITATIONS, *GUARDDUTY).code == 0
    for region in REGIONS:
        assert set(members(organization, SECURITY, region).values()) == {"Enabled"}


@pytest.mark.parametrize("settings", ["", DELEGATED])
def test_who_administers_guardduty_is_unknown_to_those_who_may_not_ask(
    organization: Simulation, run: Run, settings: str
) -> None:
    run.configure(settings)
    assert run("deploy", *AUDIT).code == 0
    organization.faults.add(Fault("deny", "guardduty", "ListOrganizationAdminAccounts"))
    planned = run("plan")
    assert planned.code == 0, planned.err
    assert "could not" in (planned.out if settings else planned.err)
    assert "ListOrganizationAdminAccounts" in planned.out + planned.err
    assert run("remove", *AUDIT).code == 0


def test_removal_by_invitations_is_refused_beside_an_administrator_as_the_plan_is(
    organization: Simulation, run: Run
) -> None:
    run.configure(DELEGATED)
    assert run("deploy", *GUARDDUTY, *AUDIT).code == 0
    run.configure()
    seen = writes(organization)
    refused = run("remove")
    assert (refused.code, seen) == (2, [])
    assert "Write mode: delegated-admin" in refused.err
    assert run("remove", *AUDIT).code == 0  # which is not about GuardDuty
