"""What the templates say, resolved for one place, and policies compared by what they say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from baseline.configuration import Configuration
from baseline.errors import TemplateError
from baseline.organization import Account, Organization
from baseline.rollout import intended, policies
from baseline.rollout.catalogue import Baseline, Stack, StackSet
from baseline.rollout.intended import Where
from baseline.rollout.wanted import wanted

MAIN, MEMBER = "111111111111", "222222222222"
HOME = Where(MAIN, "eu-west-1", "aws")
THERE = Where(MEMBER, "us-east-1", "aws")
STATEMENT = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["s3:Get*", "s3:List*"],
    "Resource": "arn:aws:s3:::logs",
    "Condition": {"Bool": {"aws:SecureTransport": True}},
}


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    accounts = (
        Account(MAIN, "main", "main@bank.example", "ACTIVE"),
        Account(MEMBER, "member", "member@bank.example", "ACTIVE"),
    )
    organization = Organization("o-exampleorgid", MAIN, accounts)
    regions = dict.fromkeys((MAIN, MEMBER), ("eu-west-1", "us-east-1"))
    return wanted(Configuration(home_region="eu-west-1", prefix="acme"), organization, regions)


def parts(baseline: Baseline) -> dict[str, Stack | StackSet]:
    every: list[Stack | StackSet] = [*baseline.stacks, *baseline.stack_sets]
    return {part.name: part for part in every}


def resolved(baseline: Baseline, name: str, where: Where) -> Any:
    part = parts(baseline)[name]
    return intended.resources(part.body, part.parameters, where)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("where", [HOME, THERE])
def test_every_template_is_resolved_to_its_last_function(baseline: Baseline, where: Where) -> None:
    for name in parts(baseline):
        # Not the source of a function, which is a text of many lines, nor a flow log's format.
        said = [text for text in texts(resolved(baseline, name, where)) if "\n" not in text]
        said = [text for text in said if not text.startswith("${version} ${account-id}")]
        assert said
        assert [s for s in said if s.startswith("Fn::") or s == "Ref" or "None" in s] == []
        assert [s for s in said if "${" in s.replace("${aws:", "")] == []


def test_conditions_follow_the_place(baseline: Baseline) -> None:
    home, there = (resolved(baseline, "auditing", where) for where in (HOME, THERE))
    assert home["Trail"]["IncludeGlobalServiceEvents"] is False
    assert there["Trail"]["IncludeGlobalServiceEvents"] is True
    assert home["ConfigurationRecorder"]["RecordingGroup"]["IncludeGlobalResourceTypes"] is True
    assert there["ConfigurationRecorder"]["RecordingGroup"]["IncludeGlobalResourceTypes"] is False
    assert "AdministrationRole" in resolved(baseline, "stack-set-roles", HOME)
    assert "AdministrationRole" not in resolved(baseline, "stack-set-roles", THERE)


def test_names_arns_lists_and_numbers_are_what_cloudformation_makes_of_them(
    baseline: Baseline,
) -> None:
    storage = resolved(baseline, "auditing-storage", HOME)
    bucket = f"acme-cloudtrail-{MAIN}-eu-west-1"
    assert storage["CloudTrailBucketPolicy"]["Bucket"] == bucket
    denied = storage["CloudTrailBucketPolicy"]["PolicyDocument"]["Statement"][0]
    assert denied["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    rule = storage["CloudTrailBucket"]["LifecycleConfiguration"]["Rules"][0]
    assert rule["ExpirationInDays"] == 2557
    encrypts = storage["Key"]["KeyPolicy"]["Statement"][1]["Condition"]["StringLike"]
    assert encrypts["kms:EncryptionContext:aws:cloudtrail:arn"] == [
        f"arn:*:cloudtrail:*:{MAIN}:trail/*",
        f"arn:*:cloudtrail:*:{MEMBER}:trail/*",
    ]
    trail = resolved(baseline, "auditing", THERE)["Trail"]
    group = f"arn:aws:logs:us-east-1:{MEMBER}:log-group:/acme/cloudtrail:*"
    assert trail["CloudWatchLogsLogGroupArn"] == group


def test_a_function_that_is_not_known_is_said() -> None:
    body = json.dumps({"Resources": {"A": {"Properties": {"B": {"Fn::Length": "x"}}}}})
    with pytest.raises(TemplateError, match="Fn::Length is not known"):
        intended.resources(body, {}, HOME)


def policy(**changed: Any) -> Any:
    return {"Statement": [STATEMENT | changed]}


@pytest.mark.parametrize(
    "changed",
    [
        {"Sid": "Other"},
        {"Action": ["s3:List*", "s3:Get*"]},
        {"Resource": ["arn:aws:s3:::logs"]},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_policies_that_say_the_same_are_the_same(changed: Any) -> None:
    assert list(policies.differences(policy(**changed), policy(), "it")) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Action": "s3:*"},
        {"Resource": "*"},
        {"Principal": {"AWS": MAIN}},
        {"Condition": {"Bool": {"aws:SecureTransport": False}}},
        {"Condition": {}},
    ],
)
def test_policies_that_say_otherwise_are_named_by_their_statements(changed: Any) -> None:
    said = list(policies.differences(policy(**changed), policy(), "it"))
    effect = changed.get("Effect", "Allow")
    assert said == ["it has not: Allow Read", f"it also has: {effect} Read"]
