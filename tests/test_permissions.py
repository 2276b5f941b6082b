"""What a statement says of a request: yes, no, or that it cannot be told."""

from typing import Any

import pytest

from baseline.permissions import Request, applies, concerning

TRAIL = "arn:aws:cloudtrail:eu-west-1:400000000004:trail/baseline"
CONTEXT: dict[str, str | tuple[str, ...]] = {
    "aws:principalarn": "arn:aws:iam::400000000004:role/deployer",
    "aws:principalaccount": "400000000004",
    "aws:requestedregion": "eu-west-1",
    "aws:sourceip": "203.0.113.7",
    "aws:currenttime": "2026-07-01T12:00:00+00:00",
    "aws:tagkeys": ("team", "stage"),
}
ASKED = Request("cloudtrail:StopLogging", TRAIL, CONTEXT, settled=("aws:",))


def said(**statement: Any) -> bool | None:
    whole = {"Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*"} | statement
    return applies({k: v for k, v in whole.items() if v is not None}, ASKED)


@pytest.mark.parametrize(
    ("actions", "meant"),
    [
        ({"Action": "CloudTrail:stop*"}, True),
        ({"Action": ["s3:*", "cloudtrail:StopLogging"]}, True),
        ({"Action": "cloudtrail:Stop"}, False),
        ({"Action": None, "NotAction": ["iam:*", "cloudtrail:?topLogging"]}, False),
        ({"Action": None, "NotAction": "iam:*"}, True),
        ({"Action": "cloudtrail:[Ss]top*"}, False),
    ],
)
def test_actions(actions: dict[str, Any], *, meant: bool) -> None:
    assert said(**actions) is meant


@pytest.mark.parametrize(
    ("resources", "meant"),
    [
        ({"Resource": "arn:aws:cloudtrail:*:*:trail/baseline"}, True),
        ({"Resource": ["arn:aws:s3:::*", TRAIL]}, True),
        ({"Resource": "arn:aws:cloudtrail:*:*:trail/other"}, False),
        ({"Resource": None, "NotResource": "arn:aws:cloudtrail:*:*:trail/base*"}, False),
        ({"Resource": None, "NotResource": "arn:aws:cloudtrail:*:*:trail/other"}, True),
        ({"Resource": "arn:aws:cloudtrail:*:${aws:PrincipalAccount}:trail/*"}, True),
        ({"Resource": "arn:aws:cloudtrail:*:*:trail/${aws:username}"}, None),
    ],
)
def test_resources(resources: dict[str, Any], *, meant: bool | None) -> None:
    assert said(**resources) is meant


ROLES = "arn:aws:iam::*:role/deploy*"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"ArnLike": {"aws:PrincipalArn": ROLES}}, True),
        ({"ArnNotLike": {"aws:PrincipalARN": [ROLES, "arn:aws:iam::*:role/x"]}}, False),
        ({"StringNotLike": {"aws:PrincipalArn": "*other*"}}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-2", "us-east-1"]}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, False),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "x"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/team": "x"}}, True),
        ({"Null": {"aws:PrincipalTag/team": "true"}}, True),
        ({"Null": {"aws:PrincipalArn": True}}, False),
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.0/24"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2026-07-02T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "never"}}, False),
        ({"NumericGreaterThan": {"aws:PrincipalAccount": "3"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, False),
        ({"ForAllValues:StringLike": {"aws:TagKeys": ["team", "st*"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o/"}}, True),
        ({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgPaths": "o/"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, True),
        ({"StringEquals": {"cloudtrail:Unheard": "x"}}, None),
        ({"Null": {"cloudtrail:Unheard": "true"}}, None),
        ({"BinaryEquals": {"aws:PrincipalArn": "x"}}, None),
        ({"StringEquals": {"cloudtrail:Unheard": "x", "aws:PrincipalAccount": "1"}}, False),
    ],
)
def test_conditions(condition: dict[str, Any], *, holds: bool | None) -> None:
    assert said(Condition=condition) is holds


def test_a_resource_that_does_not_exist_is_meant_by_a_star_alone() -> None:
    nothing = Request("config:PutDeliveryChannel", "", {})
    statement = {"Effect": "Allow", "Action": "*"}
    assert applies({**statement, "Resource": "*"}, nothing) is True
    assert applies({**statement, "Resource": "arn:aws:config:*"}, nothing) is False


def test_a_pattern_that_a_resource_may_be_within_leaves_a_doubt() -> None:
    any_trail = Request("cloudtrail:StopLogging", TRAIL.replace("baseline", "*"), CONTEXT)
    statement = {"Effect": "Allow", "Action": "*"}
    assert applies({**statement, "Resource": TRAIL}, any_trail) is None
    assert applies({**statement, "Resource": "arn:aws:cloudtrail:*"}, any_trail) is True


def test_what_is_no_policy_is_no_value() -> None:
    for text in ("", "[]", "{}", "no"):
        with pytest.raises(ValueError):
            concerning(text, "iam:PassRole")
