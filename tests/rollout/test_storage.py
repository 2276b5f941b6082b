"""Who may deliver to the central buckets, in a small and in a large organization."""

import json
from fnmatch import fnmatchcase
from typing import Any, Literal

import pytest

from baseline.configuration import CloudTrail, Configuration, Protection
from baseline.organization import Account, Organization
from baseline.permissions import Request
from baseline.rollout.catalogue import STORAGE, Baseline
from baseline.rollout.extent import MOST_LISTED
from baseline.rollout.guardrails import Policy, denial
from baseline.rollout.intended import Where, resources
from baseline.rollout.wanted import wanted
from baseline.rollout.wanted_stacks import MAX_PARAMETER

MAIN = "100000000000"
# Bytes of a policy [KMS quotas; S3, "Bucket policies"], and the longest names that there are.
LIMITS = {"KeyPolicy": 32_768, "PolicyDocument": 20_480}
CONFIGURATION = Configuration(home_region="ap-southeast-1", prefix="abcdefghijklmnopqrst")


def given_accounts(number: int, configuration: Configuration = CONFIGURATION) -> Baseline:
    accounts = tuple(
        Account(str(int(MAIN) + n), f"account-{n}", f"{n}@bank.example", "ACTIVE")
        for n in range(number)
    )
    organization = Organization(f"o-{'a' * 32}", MAIN, accounts)
    regions = {account.id: ("ap-southeast-1", "us-east-1") for account in accounts}
    return wanted(configuration, organization, regions)


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
    """The conditions of what services of many accounts may; the organization's trail is one."""
    conditions = [
        statement["Condition"]
        for policy in found.values()
        for statement in policy["Statement"]
        if "Service" in (statement["Principal"] if statement["Principal"] != "*" else ())
    ]
    return [c for c in conditions if "aws:SourceArn" not in c.get("StringEquals", {})]


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


@pytest.mark.parametrize("mode", ["account", "organization"])
@pytest.mark.parametrize("number", [5, 1000])
def test_key_and_bucket_let_in_both_kinds_of_trail_whatever_is_wanted_and_however_many(
    number: int, mode: Literal["account", "organization"]
) -> None:
    """So that both deliver while one takes the place of the other."""
    configuration = CONFIGURATION.model_copy(update={"cloudtrail": CloudTrail(mode=mode)})
    found = policies(given_accounts(number, configuration))
    where = "arn:aws-us-gov:cloudtrail:ap-southeast-1"
    last = str(int(MAIN) + number - 1)
    allowed = {"kms:DescribeKey", "kms:GenerateDataKey*", "s3:GetBucketAcl", "s3:PutObject"}
    names = (
        f"{MAIN}:trail/{CONFIGURATION.prefix}-organization",
        f"{last}:trail/{CONFIGURATION.prefix}",
    )
    for trail in (f"{where}:{name}" for name in names):
        said = [s for policy in found.values() for s in policy["Statement"] if lets(trail, s)]
        assert {s["Action"] for s in said} == allowed


def lets(trail: str, statement: Any) -> bool:
    """Whether the statement lets CloudTrail in for this trail, by its ARN."""
    if statement["Principal"] != {"Service": "cloudtrail.amazonaws.com"}:
        return False
    condition = statement["Condition"]
    arns = {**condition.get("StringEquals", {}), **condition.get("ArnLike", {})}["aws:SourceArn"]
    return any(fnmatchcase(trail, arn) for arn in ([arns] if isinstance(arns, str) else arns))


ADMINISTRATORS = Protection(administrators=("role/Admin", "user/anna"))
EVERYTHING = Policy("allowed", ({"Effect": "Allow", "Action": "*", "Resource": "*"},))
# What would lose logs, on an object and on a bucket, and what would lose the key.
OF_OBJECTS = ("s3:DeleteObject", "s3:DeleteObjectVersion")
OF_BUCKETS = (
    "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration",
    "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls",
)  # fmt: skip
OF_KEYS = ("kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy", "kms:DeleteAlias")


def refused(policy: Any, action: str, resource: str, who: str) -> bool:
    """Whether a policy denies it for certain to whoever IAM allows everything."""
    said = Policy("theirs", tuple(s for s in policy["Statement"] if s["Effect"] == "Deny"))
    context = {"aws:principalarn": who, "aws:securetransport": "true"}
    found = denial([("it", [EVERYTHING, said])], Request(action, resource, context))
    return found is not None and found.certain


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (f"arn:aws-us-gov:iam::{MAIN}:role/Admin", True),
        (f"arn:aws-us-gov:iam::{MAIN}:role/a/path/Admin", True),
        (f"arn:aws-us-gov:iam::{MAIN}:user/anna", True),
        (f"arn:aws-us-gov:iam::{MAIN}:root", True),  # so that nobody is locked out for good
        (f"arn:aws-us-gov:iam::{MAIN}:role/Other", False),
        (f"arn:aws-us-gov:iam::{MAIN}:user/Admin", False),
        ("arn:aws-us-gov:iam::200000000000:role/Admin", False),
    ],
)
@pytest.mark.parametrize("number", [5, MOST_LISTED])
def test_policies_deny_all_but_administrators_what_would_lose_logs(
    number: int, who: str, may: bool
) -> None:
    configuration = CONFIGURATION.model_copy(update={"protection": ADMINISTRATORS})
    found = policies(given_accounts(number, configuration))
    for purpose in ("CloudTrail", "Config", "FlowLogs"):
        policy = found[f"{purpose}BucketPolicy"]
        bucket = next(s["Resource"][0] for s in policy["Statement"] if s["Effect"] == "Deny")
        for action in OF_OBJECTS:
            assert refused(policy, action, f"{bucket}/AWSLogs/x", who) is not may
        for action in OF_BUCKETS:
            assert refused(policy, action, bucket, who) is not may
        assert not refused(policy, "s3:PutObject", f"{bucket}/AWSLogs/x", who)
        assert not refused(policy, "s3:GetObject", f"{bucket}/AWSLogs/x", who)
    for action in OF_KEYS:
        assert refused(found["Key"], action, "arn:aws-us-gov:kms:x:1:key/1", who) is not may
    # Results of queries can be had again.
    results = found["QueryResultsBucketPolicy"]
    assert not refused(results, "s3:DeleteObject", "arn:aws-us-gov:s3:::x/y", who)


def test_without_administrators_the_policies_are_as_they_were() -> None:
    found = policies(given_accounts(5))
    names = {s.get("Sid", "") for policy in found.values() for s in policy["Statement"]}
    assert not [name for name in names if name.startswith("OnlyAdministrators")]
