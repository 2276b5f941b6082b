"""Which accounts and regions are meant."""

import pytest

from baseline.errors import UnknownAccountError, UsageError
from baseline.organization import Account, Filters, Organization, Target, state_of


def account(number: int, name: str, ou: str, state: str = "ACTIVE") -> Account:
    return Account(f"{number:012}", name, f"{name}@acme.example", state, ou)


ACME = Organization(
    "o-acme0000000",
    "000000000001",
    (
        account(1, "main", "/"),
        account(2, "log-archive", "/Security"),
        account(3, "production", "/Workloads/Production"),
        account(4, "work", "/Work"),
        account(5, "retired", "/Suspended", "SUSPENDED"),
    ),
)


def chosen(**filters: set[str]) -> list[str]:
    return [a.name for a in Filters(**{k: frozenset(v) for k, v in filters.items()}).choose(ACME)]


def test_without_filters_all_are_meant() -> None:
    assert chosen() == ["main", "log-archive", "production", "work", "retired"]


def test_accounts_go_by_id_or_name() -> None:
    assert chosen(accounts={"000000000003", "main"}) == ["main", "production"]


def test_not_this_account() -> None:
    assert chosen(not_accounts={"main", "000000000005"}) == ["log-archive", "production", "work"]


@pytest.mark.parametrize("ou", ["/Workloads", "Workloads", "/Workloads/", "Workloads/Production"])
def test_an_ou_means_what_is_in_or_below_it(ou: str) -> None:
    """/Work is another OU than /Workloads, though it begins alike."""
    assert chosen(ous={ou}) == ["production"]


def test_the_root_means_everything() -> None:
    assert chosen(ous={"/"}) == chosen()


def test_filters_narrow_each_other() -> None:
    assert chosen(ous={"/Security", "/Workloads"}, not_accounts={"production"}) == ["log-archive"]


@pytest.mark.parametrize("name", ["000000000009", "prod", ""])
def test_an_account_that_is_not_there_is_an_error(name: str) -> None:
    for field in ("accounts", "not_accounts"):
        with pytest.raises(UnknownAccountError, match="baseline accounts"):
            chosen(**{field: {name}})


def test_an_ou_without_accounts_is_an_error() -> None:
    with pytest.raises(UsageError, match="no account is in the OU /Workloads/Test"):
        chosen(ous={"/Workloads/Test"})


def test_regions_are_narrowed_and_checked() -> None:
    regions = ("eu-west-1", "us-east-1")
    assert Filters().choose_regions(regions) == regions
    assert Filters(regions=frozenset({"us-east-1"})).choose_regions(regions) == ("us-east-1",)
    with pytest.raises(UsageError, match="region eu-west-9 is not enabled"):
        Filters(regions=frozenset({"eu-west-9"})).choose_regions(regions)


def test_members_and_active_accounts() -> None:
    assert [a.name for a in ACME.members] == ["log-archive", "production", "work", "retired"]
    assert [a.name for a in ACME.active] == ["main", "log-archive", "production", "work"]


def test_an_account_is_found_by_its_id() -> None:
    assert ACME.account("000000000002").name == "log-archive"
    with pytest.raises(UnknownAccountError):
        ACME.account("000000000099")


def test_targets_sort_by_account_then_region() -> None:
    targets = [Target("2", "a"), Target("1", "b"), Target("1", "a")]
    assert [str(t) for t in sorted(targets)] == ["1 a", "1 b", "2 a"]


def test_the_state_of_an_account_is_read_and_its_retired_status_only_without_one() -> None:
    assert state_of({"State": "PENDING_CLOSURE", "Status": "ACTIVE"}) == "PENDING_CLOSURE"
    assert state_of({"State": "ACTIVE"}) == state_of({"Status": "ACTIVE"}) == "ACTIVE"
