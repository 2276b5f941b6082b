"""Which members of a delegated administrator of GuardDuty are the baseline's."""

from dataclasses import replace
from typing import Literal

import pytest

from baseline.configuration import Configuration, GuardDuty
from baseline.organization import Account, Organization
from baseline.rollout import delegation
from baseline.rollout.delegation import Delegated, Delegation
from baseline.rollout.wanted import wanted

MAIN, ONE, LEFT_OUT, EXTERNAL = (f"{n:012}" for n in range(1, 5))
ACCOUNTS = tuple(Account(a, f"a{a}", f"{a}@bank.example", "ACTIVE") for a in (MAIN, ONE, LEFT_OUT))


def given(auto_enable: Literal["ALL", "NEW"]) -> Delegation:
    configuration = Configuration(
        home_region="eu-west-1",
        exclude_accounts=(LEFT_OUT,),
        guardduty=GuardDuty(mode="delegated-admin", auto_enable=auto_enable),
    )
    organization = Organization("o-exampleorgid", MAIN, ACCOUNTS)
    regions = dict.fromkeys((a.id for a in ACCOUNTS), ("eu-west-1", "us-east-1"))
    made = wanted(configuration, organization, regions).delegation
    assert made
    return made


def of(*members: str) -> Delegated:
    return Delegated(MAIN, members=dict.fromkeys(members, "Enabled"), ours=True)


@pytest.mark.parametrize(("auto_enable", "others"), [("ALL", []), ("NEW", [LEFT_OUT])])
def test_an_account_that_is_left_out_is_ours_only_where_guardduty_takes_in_all(
    auto_enable: Literal["ALL", "NEW"], others: list[str]
) -> None:
    assert delegation.others(given(auto_enable), (ONE, LEFT_OUT)) == others
    assert bool(delegation.why_left(given(auto_enable), of(ONE, LEFT_OUT))) is bool(others)


def test_an_administrator_is_left_with_members_of_others_or_where_others_named_it() -> None:
    ours = given("ALL")
    assert delegation.why_left(ours, of(ONE)) == ""
    assert EXTERNAL in delegation.why_left(ours, of(ONE, EXTERNAL))
    resigned = replace(of(ONE), members={EXTERNAL: "Resigned"})  # nothing is lost with it
    assert delegation.why_left(ours, resigned) == ""
    assert "before" in delegation.why_left(ours, replace(of(ONE), ours=False))
