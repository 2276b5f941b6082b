"""The organization as AWS shows it, to those who may see it."""

import pytest

from baseline.errors import AwsError, DeniedError
from baseline.organization import discover, enabled_regions
from baseline.sessions import Session
from baseline.simulation import Blueprint, Simulation

MAIN = "100000000001"
SECURITY = "300000000003"
PRODUCTION = "400000000004"
ROLE = "OrganizationAccountAccessRole"


def test_accounts_have_the_ids_names_units_and_states_of_the_blueprint(
    administrator: Session,
) -> None:
    organization = discover(administrator)
    assert organization.main_account_id == MAIN
    assert [(a.id, a.name, a.ou, a.state) for a in organization.accounts] == [
        (MAIN, "acme-main", "/", "ACTIVE"),
        ("200000000002", "log-archive", "/Security", "ACTIVE"),
        (SECURITY, "security-tooling", "/Security", "ACTIVE"),
        (PRODUCTION, "production", "/Workloads/Production", "ACTIVE"),
        ("500000000005", "payments", "/Workloads/Production", "ACTIVE"),
        ("600000000006", "development", "/Workloads/Development", "ACTIVE"),
        ("700000000007", "retired", "/Suspended", "SUSPENDED"),
    ]


def test_state_stands_beside_status(administrator: Session) -> None:
    accounts = administrator.client("organizations").list_accounts()["Accounts"]
    assert {(a["Status"], a["State"]) for a in accounts} == {
        ("ACTIVE", "ACTIVE"),
        ("SUSPENDED", "SUSPENDED"),
    }


def test_lists_come_in_pages_of_twenty() -> None:
    simulation = Simulation(Blueprint(extra_members=38, misconfigured=False))
    client = simulation.client("organizations", "us-east-1", MAIN)
    pages = [p["Accounts"] for p in client.get_paginator("list_accounts").paginate()]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({a["Id"] for page in pages for a in page}) == 45
    extra = next(a["Id"] for page in pages for a in page if a["Name"] == "extra-001")
    parent = client.list_parents(ChildId=extra)["Parents"][0]["Id"]
    below = client.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
    assert [len(page["Accounts"]) for page in below] == [20, 18]
    simulation.close()


def test_a_token_that_was_not_given_is_refused(administrator: Session) -> None:
    with pytest.raises(AwsError, match="InvalidInputException"):
        administrator.client("organizations").list_accounts(NextToken="20")


def test_a_member_sees_the_organization_but_not_its_accounts(member: Session) -> None:
    client = member.client("organizations")
    assert client.describe_organization()["Organization"]["MasterAccountId"] == MAIN
    with pytest.raises(DeniedError):
        client.list_accounts()


@pytest.mark.parametrize(
    "principal",
    [
        "config.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "guardduty.amazonaws.com",
        "member.org.stacksets.cloudformation.amazonaws.com",
    ],
)
def test_a_delegated_administrator_reads_and_does_not_write(
    administrator: Session, principal: str
) -> None:
    main = administrator.client("organizations")
    main.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal=principal)
    admins = main.list_delegated_administrators(ServicePrincipal=principal)
    assert [a["Id"] for a in admins["DelegatedAdministrators"]] == [SECURITY]
    delegated = administrator.assume(SECURITY, ROLE).client("organizations")
    assert len(delegated.list_accounts()["Accounts"]) == 7
    assert delegated.describe_account(AccountId=PRODUCTION)["Account"]["Name"] == "production"
    with pytest.raises(DeniedError):
        delegated.create_organizational_unit(ParentId="r-acme", Name="X")


def test_the_main_account_cannot_be_delegated(administrator: Session) -> None:
    with pytest.raises(AwsError, match="ConstraintViolationException"):
        administrator.client("organizations").register_delegated_administrator(
            AccountId=MAIN, ServicePrincipal="guardduty.amazonaws.com"
        )


def test_a_new_account_can_be_entered(simulation: Simulation, administrator: Session) -> None:
    """CreateAccount makes the role for the main account, with AdministratorAccess."""
    client = administrator.client("organizations")
    made = client.create_account(Email="new@acme.example", AccountName="new")
    account = made["CreateAccountStatus"]["AccountId"]
    assert account in simulation.active_account_ids()
    assert administrator.assume(account, ROLE).account_id == account
    again = client.create_account(Email="new@acme.example", AccountName="newer")
    assert again["CreateAccountStatus"]["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_a_closed_account_cannot_be_entered(administrator: Session) -> None:
    administrator.client("organizations").close_account(AccountId=PRODUCTION)
    with pytest.raises(DeniedError):
        administrator.assume(PRODUCTION, ROLE)


def test_seventeen_regions_are_enabled(administrator: Session, member: Session) -> None:
    """ListRegions comes in pages, and the main account may ask for a member."""
    own = enabled_regions(member)
    assert len(own) == 17
    assert own == enabled_regions(administrator, PRODUCTION) == enabled_regions(administrator)
    status = member.client("account").get_region_opt_status(RegionName="af-south-1")
    assert status["RegionOptStatus"] == "DISABLED"


def test_a_member_may_not_ask_for_another_account(member: Session) -> None:
    with pytest.raises(DeniedError):
        member.client("account").list_regions(AccountId=SECURITY)
