"""Where stacks are looked for that no StackSet has, and what of them is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from baseline import templates
from baseline.configuration import Configuration, GuardDuty, StackSets
from baseline.organization import Account, Organization, Target
from baseline.rollout import loose
from baseline.rollout.catalogue import MEMBERS, Baseline, Part
from baseline.rollout.reach import Reach
from baseline.rollout.service_managed import Automation, Managing, named
from baseline.rollout.state import OWNER_TAG, InstanceState, StackSetState
from baseline.rollout.wanted import wanted

MAIN, ONE, TWO = ("111111111111", "222222222222", "333333333333")
HOME = "eu-west-1"
IN, OUT = "/In", "/Out"
ORGANIZATION = Organization(
    "o-exampleorgid",
    MAIN,
    (
        Account(MAIN, "main", "main@bank.example", "ACTIVE", parents=("r-1",)),
        Account(ONE, "one", "one@bank.example", "ACTIVE", IN, ("r-1", "ou-in")),
        Account(TWO, "two", "two@bank.example", "ACTIVE", OUT, ("r-1", "ou-out")),
    ),
    {"/": "r-1", IN: "ou-in", OUT: "ou-out"},
)
DELEGATED = Configuration(home_region=HOME, guardduty=GuardDuty(mode="delegated-admin"))
THERE = Target(ONE, HOME)


@dataclass
class Members:
    """Stands for all accounts: the stacks that each has, and who was asked."""

    stacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def administer(self, account_id: str) -> "Stacks":
        """A session in an account."""
        self.asked.add(account_id)
        return Stacks(self.stacks.get(account_id, ()))


@dataclass(frozen=True)
class Stacks:
    """Session, client and paginator in one."""

    names: tuple[str, ...]

    def client(self, _service: str, _region: str) -> "Stacks":
        return self

    def get_paginator(self, _operation: str) -> "Stacks":
        return self

    def paginate(self) -> "Stacks":
        return self

    def build_full_result(self) -> dict[str, Any]:
        return {"Stacks": [_stack(name) for name in self.names]}


def _stack(name: str) -> dict[str, Any]:
    full = f"StackSet-{name}-01234567-89ab-cdef-0123-456789abcdef"
    tags = [{"Key": OWNER_TAG, "Value": ORGANIZATION.id}]
    return {
        "StackName": full,
        "StackId": f"arn:{name}",
        "StackStatus": "CREATE_COMPLETE",
        "Tags": tags,
    }


def baseline(**stack_sets: Any) -> Baseline:
    configuration = DELEGATED.model_copy(update={"stack_sets": StackSets(**stack_sets)})
    return wanted(configuration, ORGANIZATION, dict.fromkeys((MAIN, ONE, TWO), (HOME,)))


def found(of: Baseline) -> dict[str, StackSetState]:
    """All StackSets that are wanted, as they should be."""
    return {
        s.name: StackSetState(
            templates.parse(s.body),
            s.parameters,
            ORGANIZATION.id,
            {t: InstanceState("CURRENT", "", "", f"arn:{s.name} {t}") for t in s.targets},
            Managing(s.managed.automation, {}) if s.managed else None,
        )
        for s in of.stack_sets
        if s.targets
    }


def read(members: Members, of: Baseline, there: Mapping[str, StackSetState]) -> loose.Loose:
    return loose.read(cast(Reach, members), of, there, everywhere=False)


@pytest.mark.parametrize("keeps", [True, False])
def test_accounts_that_keep_their_stacks_when_they_leave_the_units_are_not_searched(
    *, keeps: bool
) -> None:
    of = baseline(mode="service-managed", ous=(IN,), keep_on_leaving=keeps)
    members = Members({TWO: ("auditing-service-managed",)})
    stacks = read(members, of, found(of)).stacks
    assert (members.asked, len(stacks)) == ((set(), 0) if keeps else ({TWO}, 1))


def test_members_of_an_administrator_are_searched_while_their_stack_set_is_there() -> None:
    of = baseline()
    there = found(of)
    members = Members(dict.fromkeys((ONE, TWO), (MEMBERS,)))
    # Usually it is not there, and nobody is asked.
    assert (read(members, of, there), members.asked) == (loose.Loose(), set())
    left = StackSetState({}, {}, ORGANIZATION.id, {}, Managing(Automation(on=False), {}))
    stacks = read(members, of, {**there, named(MEMBERS): left}).stacks
    assert stacks == {Part(MEMBERS, Target(a, HOME)): f"arn:{MEMBERS}" for a in (ONE, TWO)}
