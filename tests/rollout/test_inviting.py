"""Who invites whom, when one template has no room for all members."""

import random

import pytest

from baseline import templates
from baseline.configuration import Configuration
from baseline.organization import Account, Organization, Target
from baseline.rollout import inviting, plan
from baseline.rollout.catalogue import Part
from baseline.rollout.state import State
from baseline.rollout.steps import Kind
from baseline.rollout.wanted import wanted
from baseline.templates import Member


def members(*numbers: int) -> list[Member]:
    longest = "a" * 64  # characters of an e-mail that an account may have
    return [Member(f"{number:012}", longest) for number in numbers]


def where(chunks: dict[str, list[Member]]) -> dict[str, str]:
    return {m.account_id: name for name, some in chunks.items() for m in some}


@pytest.mark.parametrize(("count", "expected"), [(150, 1), (151, 2), (500, 4), (1_000, 7)])
def test_every_template_stays_within_the_limits_of_cloudformation(
    count: int, expected: int
) -> None:
    chunks = inviting.placed(members(*range(1, count + 1)), {})
    bodies = [
        templates.guardduty_main(some) if name == inviting.FIRST else templates.more_members(some)
        for name, some in chunks.items()
    ]
    assert len(bodies) == expected
    assert len(where(chunks)) == count
    assert max(len(body.encode()) for body in bodies) <= templates.MAX_BODY
    assert max(len(templates.parse(body)["Resources"]) for body in bodies) <= 500


@pytest.mark.parametrize("count", [500, 1_000])
def test_every_member_of_a_large_organization_is_invited_before_it_accepts(count: int) -> None:
    """In every region, and each after the StackSet that invites it."""
    accounts = tuple(
        Account(f"{n:012}", f"a{n}", f"a{n}@bank.example", "ACTIVE") for n in range(1, count + 1)
    )
    main = accounts[0].id
    organization = Organization("o-exampleorgid", main, accounts)
    regions = dict.fromkeys((a.id for a in accounts), ("eu-west-1", "us-east-1"))
    baseline = wanted(Configuration(home_region="eu-west-1"), organization, regions)
    inviters = {
        account: s.name
        for s in baseline.stack_sets
        if s.name.startswith(inviting.FIRST)
        for account in inviting.invited(templates.parse(s.body))
    }
    assert len(set(inviters.values())) == -(-(count - 1) // inviting.ROOM)
    assert inviters.keys() == {a.id for a in accounts[1:]}
    waves = plan.make(baseline, State({}, {})).waves
    at = {s.part: n for n, wave in enumerate(waves) for s in wave if s.kind is Kind.INSTANCE}
    for region in ("eu-west-1", "us-east-1"):
        for account, name in inviters.items():
            invites = Part(name, Target(main, region))
            accepts = Part("guardduty-member", Target(account, region))
            assert at[invites] < at[accepts]
            assert invites in set(baseline.needs(accepts))


def test_an_account_never_moves_while_others_come_and_go() -> None:
    chance = random.Random(7)
    there = set(range(1, 401))
    found: dict[str, str] = {}
    for _ in range(40):
        before = found
        found = where(inviting.placed(members(*sorted(there)), found))
        assert {a: found[a] for a in before if a in found} == {
            a: name for a, name in before.items() if a in found
        }
        there -= set(chance.sample(sorted(there), 30))
        there |= {chance.randrange(1, 10_000) for _ in range(35)}


def test_a_newcomer_takes_the_room_that_another_left() -> None:
    found = where(inviting.placed(members(*range(1, 201)), {}))
    assert found[f"{200:012}"] == "guardduty-main-2"
    after = where(inviting.placed(members(*range(2, 202)), found))
    assert after[f"{201:012}"] == inviting.FIRST
    assert after[f"{200:012}"] == "guardduty-main-2"


def test_what_a_template_invites_is_read_back_from_it() -> None:
    for body in (templates.guardduty_main(members(1, 2)), templates.more_members(members(1, 2))):
        assert inviting.invited(templates.parse(body)) == [f"{1:012}", f"{2:012}"]
