"""What making a stack asks for, and what service control policies deny of it."""

import re
from typing import Any

import pytest

from baseline import templates
from baseline.permissions import Request
from baseline.rollout import making
from baseline.rollout.guardrails import Policy, denial
from baseline.simulation.cloudformation.schemas import schema

IN_MEMBERS = ("stack-set-roles", "audit-roles", "guardduty-member", "auditing", "vpc")
BODIES = [templates.config_rules(templates.rules().values()), *map(templates.read, IN_MEMBERS)]
# What making them would need for properties that the templates do not have.
UNUSED = {
    ("AWS::CloudTrail::Trail", "cloudtrail:puteventselectors"),
    ("AWS::CloudTrail::Trail", "iam:createservicelinkedrole"),  # for an organization's trail
    ("AWS::EC2::FlowLog", "iam:createservicelinkedrole"),  # for Firehose
    ("AWS::EC2::Subnet", "ec2:modifysubnetattribute"),
    ("AWS::EC2::SubnetRouteTableAssociation", "ec2:replaceroutetableassociation"),
    ("AWS::EC2::VPCEndpoint", "ec2:deletetags"),
    ("AWS::IAM::ManagedPolicy", "iam:attachrolepolicy"),  # which the role asks for
    ("AWS::IAM::Role", "iam:untagrole"),
    ("AWS::Logs::LogGroup", "logs:createlogdelivery"),
}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
REQUEST = Request("iam:PassRole", "*", {"aws:requestedregion": "eu-west-1"})
ELSEWHERE = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
UNDECIDABLE = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def needed(kind: str) -> set[str]:
    """The actions for a resource of ``kind`` that has all properties of which any depends."""
    properties = {role: "arn" for role, _ in making.PASSED.values()}
    more = {"LogDestinationType": "s3", "Policies": ["one"], "ManagedPolicyArns": ["one"]}
    return {n.action.lower() for n in making.needs(kind, properties | more, "aws", "1" * 12)}


def published(kind: str) -> set[str]:
    """What AWS says that making a resource of ``kind`` needs, without what only looks."""
    said = (schema(kind) or {})["handlers"]["create"]["permissions"]
    return {action.lower() for action in said if not re.search(":(Describe|Get|List)", action)}


def allowed() -> set[str]:
    """What the execution role may do."""
    roles = templates.parse(templates.read("stack-set-roles"))["Resources"]
    documents = [
        roles["NetworksPolicy"]["Properties"]["PolicyDocument"],
        roles["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"],
    ]
    listed = [s["Action"] for document in documents for s in document["Statement"]]
    return {a.lower() for said in listed for a in ([said] if isinstance(said, str) else said)}


def test_what_every_resource_of_a_member_needs_is_known() -> None:
    found = {kind for body in BODIES for kind in templates.types(body).values()}
    assert found == making.ALWAYS.keys()


def test_needs_are_the_permissions_that_aws_publishes_as_far_as_the_role_has_them() -> None:
    kinds = [kind for kind in making.ALWAYS if kind.startswith("AWS::")]
    assert [(k, needed(k) - published(k)) for k in kinds if needed(k) - published(k)] == []
    may = allowed()
    missing = {(k, action) for k in kinds for action in (published(k) & may) - needed(k)}
    assert missing == UNUSED


ALLOWS_PERHAPS = {**EVERYTHING, "Condition": UNDECIDABLE}
ALLOWS_ELSEWHERE = {**EVERYTHING, "Condition": ELSEWHERE}
DENIES = {**EVERYTHING, "Effect": "Deny"}
DENIES_PERHAPS = {**DENIES, "Condition": UNDECIDABLE}


@pytest.mark.parametrize(
    ("statements", "answer"),
    [
        ([EVERYTHING], None),
        ([ALLOWS_ELSEWHERE], ("no service control policy of r-1 allows", True)),
        ([ALLOWS_PERHAPS], ("whether service control policy p allows", False)),
        ([ALLOWS_PERHAPS, EVERYTHING], None),
        ([EVERYTHING, DENIES_PERHAPS], ("whether service control policy p denies", False)),
        ([EVERYTHING, DENIES], ("service control policy p", True)),
    ],
)
def test_what_cannot_be_told_is_doubt_in_what_allows_as_in_what_denies(
    statements: list[dict[str, Any]], answer: tuple[str, bool] | None
) -> None:
    found = denial([("r-1", [Policy("p", tuple(statements))])], REQUEST)
    if answer is None:
        assert found is None
    else:
        assert found
        assert (found.why.startswith(answer[0]), found.certain) == (True, answer[1])


def test_what_is_denied_for_certain_is_said_before_what_is_in_doubt() -> None:
    doubtful = Policy("doubtful", ({**EVERYTHING, "Condition": UNDECIDABLE},))
    closed = Policy("closed", ({"Effect": "Allow", "Action": "s3:*", "Resource": "*"},))
    found = denial([("r-1", [doubtful]), ("ou-1", [closed])], REQUEST)
    assert found
    assert found.why == "no service control policy of ou-1 allows it"
