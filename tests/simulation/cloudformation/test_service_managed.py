"""Service-managed StackSets: organizational units, filters, and deployment by themselves."""

from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Fault
from baseline.simulation.blueprint import MAIN
from given_stack_sets import TOPIC, given

LOGS, TOOLS, PRODUCTION, PAYMENTS, DEVELOPMENT, RETIRED = (
    "200000000002", "300000000003", "400000000004", "500000000005", "600000000006", "700000000007",
)  # fmt: skip
ON = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
KEEPING = {"Enabled": True, "RetainStacksOnAccountRemoval": True}


class Organization:
    """The organization with a service-managed StackSet, ``audit``."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.organizations = world.client("organizations", region="us-east-1")
        self.units = dict(self._units("r-acme", ""))
        world.stack_sets.activate_organizations_access()

    def _units(self, parent: str, path: str) -> Any:
        yield path or "/", parent
        pages = self.organizations.list_organizational_units_for_parent(ParentId=parent)
        for unit in pages["OrganizationalUnits"]:
            yield from self._units(unit["Id"], f"{path}/{unit['Name']}")

    def made(self, name: str = "audit", **automation: Any) -> None:
        self.world.stack_sets.create_stack_set(
            StackSetName=name,
            TemplateBody=TOPIC.replace("audit", name),
            Parameters=given(Name=f"from-{name}"),
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment=automation or ON,
        )

    def roll_out(self, *paths: str, name: str = "audit", **narrowed: Any) -> dict[str, Any]:
        answer = self.world.stack_sets.create_stack_instances(
            StackSetName=name,
            DeploymentTargets={"OrganizationalUnitIds": [self.units[p] for p in paths], **narrowed},
            Regions=["eu-west-1"],
        )
        return dict(self.world.operation(name, answer["OperationId"]))

    def accounts(self, name: str = "audit") -> set[str]:
        self.world.settle()
        return {account for account, _ in self.world.instances(name)}

    def move(self, account: str, path: str) -> None:
        found = self.organizations.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.organizations.move_account(
            AccountId=account, SourceParentId=found, DestinationParentId=self.units[path]
        )
        self.world.settle()

    def join(self, name: str = "new") -> str:
        made = self.organizations.create_account(Email=f"{name}@acme.example", AccountName=name)
        self.world.settle()
        return str(made["CreateAccountStatus"]["AccountId"])


@pytest.fixture
def acme(world: Any) -> Organization:
    return Organization(world)


def test_the_whole_organization_is_reached_but_for_the_main_account(acme: Organization) -> None:
    acme.made()
    assert acme.roll_out("/")["Status"] == "SUCCEEDED"
    found = acme.world.instances("audit")
    assert {account for account, _ in found} == {
        LOGS, TOOLS, PRODUCTION, PAYMENTS, DEVELOPMENT, RETIRED,
    }  # fmt: skip
    assert {one["OrganizationalUnitId"] for one in found.values()} == {"r-acme"}
    assert acme.world.topics(PRODUCTION) == ["from-audit"]
    assert acme.world.topics(MAIN.id) == []
    skipped = found[RETIRED, "eu-west-1"]["StackInstanceStatus"]["DetailedStatus"]
    assert skipped == "SKIPPED_SUSPENDED_ACCOUNT"


def test_no_role_of_ours_is_needed_in_a_member(acme: Organization) -> None:
    role = "AWSCloudFormationStackSetExecutionRole"
    iam = acme.world.client("iam", PRODUCTION)
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=role)
    acme.made()
    acme.roll_out("/Workloads/Production")
    assert acme.world.topics(PRODUCTION) == ["from-audit"]


@pytest.mark.parametrize(
    ("narrowed", "reached"),
    [
        ({}, {PRODUCTION, PAYMENTS, DEVELOPMENT}),
        ({"AccountFilterType": "DIFFERENCE", "Accounts": [PAYMENTS]}, {PRODUCTION, DEVELOPMENT}),
        ({"AccountFilterType": "INTERSECTION", "Accounts": [PAYMENTS, LOGS]}, {PAYMENTS}),
    ],
)
def test_a_filter_narrows_the_units(
    acme: Organization, narrowed: dict[str, Any], reached: set[str]
) -> None:
    acme.made()
    acme.roll_out("/Workloads", **narrowed)
    assert acme.accounts() == reached


def test_an_account_that_joins_is_reached_whatever_the_filter_was(acme: Organization) -> None:
    acme.made()
    acme.roll_out("/", AccountFilterType="INTERSECTION", Accounts=[PAYMENTS])
    newcomer = acme.join()
    assert acme.accounts() == {PAYMENTS, newcomer}
    assert acme.world.topics(newcomer) == ["from-audit"]


def test_without_automatic_deployment_nothing_follows(acme: Organization) -> None:
    acme.made(Enabled=False)
    acme.roll_out("/Security")
    acme.move(PRODUCTION, "/Security")
    acme.move(LOGS, "/Workloads")
    assert acme.accounts() == {LOGS, TOOLS}


@pytest.mark.parametrize(("automation", "left"), [(ON, []), (KEEPING, ["from-audit"])])
def test_an_account_that_leaves_the_unit_loses_its_stack_unless_it_is_retained(
    acme: Organization, automation: dict[str, Any], left: list[str]
) -> None:
    acme.made(**automation)
    acme.roll_out("/Security")
    acme.move(LOGS, "/Workloads")
    assert acme.accounts() == {TOOLS}
    assert acme.world.topics(LOGS) == left


def test_an_account_that_leaves_the_organization_loses_its_stack(acme: Organization) -> None:
    acme.made()
    acme.roll_out("/")
    acme.organizations.remove_account_from_organization(AccountId=LOGS)
    assert LOGS not in acme.accounts()
    assert acme.world.topics(LOGS) == []


def test_moved_between_units_of_one_stack_set_an_account_keeps_its_stack(
    acme: Organization,
) -> None:
    acme.made()
    acme.roll_out("/Security", "/Workloads")
    before = acme.world.instances("audit")[LOGS, "eu-west-1"]
    acme.move(LOGS, "/Workloads/Production")
    after = acme.world.instances("audit")[LOGS, "eu-west-1"]
    assert after["StackId"] == before["StackId"]
    assert after["OrganizationalUnitId"] == acme.units["/Workloads"]


def test_one_stack_set_waits_for_the_other_that_it_depends_on(acme: Organization) -> None:
    acme.made("first")
    arn = acme.world.stack_sets.describe_stack_set(StackSetName="first")["StackSet"]["StackSetARN"]
    acme.made("second", **ON, DependsOn=[arn])
    acme.roll_out("/Security", name="first")
    acme.roll_out("/Security", name="second")
    acme.world.simulation.faults.add(Fault("deny", "sns", "CreateTopic", account_id=PAYMENTS))
    acme.move(PRODUCTION, "/Security")
    acme.move(PAYMENTS, "/Security")
    operations = acme.world.stack_sets.list_stack_set_operations(StackSetName="second")
    assert len(operations["Summaries"]) == 2  # the second account's first StackSet failed
    assert acme.world.topics(PRODUCTION) == ["from-first", "from-second"]
    assert acme.world.instances("first")[PAYMENTS, "eu-west-1"]["Status"] == "OUTDATED"


def test_deleting_from_a_unit_ends_automatic_deployment_there(acme: Organization) -> None:
    acme.made()
    acme.roll_out("/Security")
    answer = acme.world.stack_sets.delete_stack_instances(
        StackSetName="audit",
        DeploymentTargets={"OrganizationalUnitIds": [acme.units["/Security"]]},
        Regions=["eu-west-1"],
        RetainStacks=False,
    )
    acme.world.operation("audit", answer["OperationId"])
    targets = acme.world.stack_sets.list_stack_set_auto_deployment_targets(StackSetName="audit")
    assert targets["Summaries"] == []
    acme.move(PRODUCTION, "/Security")
    assert acme.accounts() == set()


def test_stacks_of_a_self_managed_stack_set_can_be_taken_in(acme: Organization) -> None:
    world = acme.world
    world.stack_sets.create_stack_set(StackSetName="old", TemplateBody=TOPIC)
    world.roll_out("old", [PRODUCTION, LOGS], ["eu-west-1"])
    ids = [one["StackId"] for one in world.instances("old").values()]
    acme.made()
    asked = {"StackSetName": "audit", "StackIds": ids, "OrganizationalUnitIds": ["r-acme"]}
    with pytest.raises(AwsError, match="belongs to StackSet old"):
        world.stack_sets.import_stacks_to_stack_set(**asked)
    answer = world.stack_sets.delete_stack_instances(
        StackSetName="old", Accounts=[PRODUCTION, LOGS], Regions=["eu-west-1"], RetainStacks=True
    )
    world.operation("old", answer["OperationId"])
    answer = world.stack_sets.import_stacks_to_stack_set(**asked)
    assert world.operation("audit", answer["OperationId"])["Status"] == "SUCCEEDED"
    found = world.instances("audit")
    assert sorted(one["StackId"] for one in found.values()) == sorted(ids)
    assert {one["Status"] for one in found.values()} == {"OUTDATED"}  # of another template
    assert world.topics(PRODUCTION) == ["from-template"]


@pytest.mark.parametrize(
    ("operation", "asked", "said"),
    [
        ("create_stack_instances", {"Accounts": [LOGS], "Regions": ["eu-west-1"]},
         "take DeploymentTargets"),
        ("create_stack_instances",
         {"DeploymentTargets": {"Accounts": [LOGS]}, "Regions": ["eu-west-1"]},
         "OrganizationalUnitIds are required"),
        ("create_stack_instances",
         {"DeploymentTargets": {"OrganizationalUnitIds": ["r-acme"], "Accounts": [LOGS],
                                "AccountFilterType": "UNION"}, "Regions": ["eu-west-1"]},
         "UNION is not supported"),
        ("create_stack_instances",
         {"DeploymentTargets": {"OrganizationalUnitIds": ["r-acme"], "Accounts": [LOGS]},
          "Regions": ["eu-west-1"]}, "AccountFilterType must be specified"),
        ("create_stack_instances",
         {"DeploymentTargets": {"OrganizationalUnitIds": ["ou-acme-00000000"]},
          "Regions": ["eu-west-1"]}, "is not in the organization"),
        ("update_stack_set",
         {"UsePreviousTemplate": True, "AutoDeployment": ON, "Regions": ["eu-west-1"],
          "DeploymentTargets": {"Accounts": [LOGS]}}, "AutoDeployment cannot be given with"),
        ("update_stack_set", {"UsePreviousTemplate": True, "PermissionModel": "SELF_MANAGED"},
         "PermissionModel cannot be changed"),
        ("create_stack_set",
         {"StackSetName": "x", "TemplateBody": TOPIC, "PermissionModel": "SERVICE_MANAGED"},
         "AutoDeployment is required"),
        ("create_stack_set",
         {"StackSetName": "x", "TemplateBody": TOPIC, "PermissionModel": "SERVICE_MANAGED",
          "AutoDeployment": ON, "ExecutionRoleName": "R"}, "take no roles"),
    ],
)  # fmt: skip
def test_what_units_and_filters_cannot_do_is_refused(
    acme: Organization, operation: str, asked: dict[str, Any], said: str
) -> None:
    acme.made()
    acme.roll_out("/Security")
    with pytest.raises(AwsError, match=said):
        getattr(acme.world.stack_sets, operation)(**({"StackSetName": "audit"} | asked))


def test_without_trusted_access_nothing_is_managed(acme: Organization) -> None:
    acme.world.stack_sets.deactivate_organizations_access()
    assert acme.world.stack_sets.describe_organizations_access()["Status"] == "DISABLED"
    with pytest.raises(AwsError, match="must enable organizations access"):
        acme.made()


def test_a_delegated_administrator_works_in_the_main_account(acme: Organization) -> None:
    tools = acme.world.client("cloudformation", TOOLS)
    with pytest.raises(AwsError, match="must be registered as a delegated administrator"):
        tools.list_stack_sets(CallAs="DELEGATED_ADMIN")
    acme.organizations.register_delegated_administrator(
        AccountId=TOOLS, ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
    )
    acme.made()
    found = tools.list_stack_sets(CallAs="DELEGATED_ADMIN")["Summaries"]
    assert [one["StackSetName"] for one in found] == ["audit"]
    assert tools.list_stack_sets()["Summaries"] == []
