"""Who may deliver to the central buckets, in a small and in a large organization."""

import json
from typing import Any

import pytest

from baseline.configuration import Configuration
from baseline.organization import Account, Organization
from baseline.rollout.catalogue import MAX_PARAMETER, MOST_LISTED, STORAGE, Baseline, wanted
from baseline.rollout.intended import Where, resources

MAIN = "100000000000"
# Bytes of a policy [KMS quotas; S3, "Bucket policies"], and the longest names that there are.
LIMITS = {"KeyPolicy": 32_768, "PolicyDocument": 20_480}
CONFIGURATION = Configuration(home_region="ap-southeast-1", prefix="abcdefghijklmnopqrst")


def given_accounts(number: int) -> Baseline:
    accounts = tuple(
        Account(str(int(MAIN) + n), f"account-{n}", f"{n}@bank.example", "ACTIVE")
        for n in range(number)
    )
    organization = Organization(f"o-{'a' * 32}", MAIN, accounts)
    regions = {account.id: ("ap-southeast-1", "us-east-1") for account in accounts}
    return wanted(CONFIGURATION, organization, regions)


def policies(baseline: Baseline) -> dict[str, Any]:
    """What the template says of each policy; those of services that deliver are in it."""
    stack = next(stack for stack in baseline.stacks if stack.name == STORAGE)
    assert all(len(value) <= MAX_PARAMETER for value in stack.parameters.values())
    where = Where(MAIN, "ap-southeast-1", "aws-us-gov")
    made = resources(stack.body, stack.parameters, where)
    found = {
        name: (kind, each[kind]) for name, each in made.items() for kind in LIMITS if kind in each
    }
    for name, (kind, policy) in found.items():
        assert len(json.dumps(policy, separators=(",", ":"))) <= LIMITS[kind], name
    return {name: policy for name, (_, policy) in found.items()}


def deliveries(found: dict[str, Any]) -> list[Any]:
    return [
        statement["Condition"]
        for policy in found.values()
        for statement in policy["Statement"]
        if "Service" in (statement["Principal"] if statement["Principal"] != "*" else ())
    ]


@pytest.mark.parametrize("number", [5, MOST_LISTED])
def test_each_account_that_delivers_is_listed(number: int) -> None:
    baseline = given_accounts(number)
    conditions = deliveries(policies(baseline))
    assert len(conditions) == 7
    last = str(int(MAIN) + number - 1)
    named = [last in json.dumps(condition) for condition in conditions]
    bound = ["aws:SourceOrgID" in json.dumps(condition) for condition in conditions]
    assert [one or other for one, other in zip(named, bound, strict=True)] == [True] * 7
    assert sum(named) == 5
    assert not any("listed" in warning for warning in baseline.warnings)


def test_a_thousand_accounts_deliver_because_their_organization_does() -> None:
    baseline = given_accounts(1000)
    conditions = deliveries(policies(baseline))
    assert len(conditions) == 7
    for condition in conditions:
        assert condition["StringEquals"]["aws:SourceOrgID"] == baseline.organization.id
        assert "aws:SourceArn" in condition["ArnLike"]
    (warning,) = (warning for warning in baseline.warnings if "listed" in warning)
    assert "1,000 accounts" in warning
