"""Trust policies, statement by statement."""

import json
from dataclasses import replace
from typing import Any

import pytest

from baseline.simulation.trust import Request, allows

CALLER = Request(
    account_id="100000000001",
    arn="arn:aws:iam::100000000001:user/u",
    role_arn="",
    organization_id="o-acme0000000",
    session_name="s",
    long_term=True,
)
WITH_MFA = replace(CALLER, mfa_age=30.0)
SESSION = replace(CALLER, long_term=False)


def policy(condition: dict[str, Any], **more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "100000000001"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": condition,
    }
    return json.dumps({"Statement": [statement | more]})


@pytest.mark.parametrize(
    ("condition", "request_", "allowed"),
    [
        ({}, CALLER, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, CALLER, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": True}}, WITH_MFA, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, SESSION, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, CALLER, True),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, SESSION, False),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}, WITH_MFA, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "20"}}, WITH_MFA, False),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}, CALLER, False),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, CALLER, True),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, WITH_MFA, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-acme0000000"}}, CALLER, True),
        ({"StringEquals": {"aws:PrincipalOrgID": ["o-x", "o-y"]}}, CALLER, False),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-x"}}, CALLER, True),
        ({"StringNotEquals": {"sts:ExternalId": "x"}}, CALLER, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/u"}}, CALLER, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/u"}}, CALLER, False),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, CALLER, False),
        ({"DateGreaterThan": {"aws:PrincipalOrgID": "2020-01-01"}}, CALLER, False),
    ],
)
def test_conditions(condition: dict[str, Any], request_: Request, *, allowed: bool) -> None:
    """An operator or key that is not known never lets anybody in."""
    assert allows(policy(condition), request_) is allowed


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "arn:aws:iam::100000000001:root"}, True),
        ({"AWS": ["arn:aws:iam::2:root", "arn:aws:iam::100000000001:user/u"]}, True),
        ({"AWS": "arn:aws:iam::200000000002:root"}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
        ({"AWS": ""}, False),
        (None, False),
    ],
)
def test_principals(principal: Any, *, allowed: bool) -> None:
    assert allows(policy({}, Principal=principal), CALLER) is allowed


def test_a_deny_goes_before_every_allow() -> None:
    statements = [json.loads(policy({}, Effect=e))["Statement"][0] for e in ("Allow", "Deny")]
    assert not allows(json.dumps({"Statement": statements}), CALLER)


@pytest.mark.parametrize("text", ["", "{}", "[]", "not JSON"])
def test_a_policy_that_cannot_be_read_lets_nobody_in(text: str) -> None:
    assert not allows(text, CALLER)
