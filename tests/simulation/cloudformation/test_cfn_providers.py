"""What a provider makes can be read back through its service's own API: made, changed, deleted."""

import json
from typing import Any

import pytest

from baseline import templates
from baseline.errors import AwsError
from baseline.simulation import Fault
from baseline.simulation.blueprint import MAIN
from baseline.simulation.cloudformation.providers import PROVIDERS, provider
from baseline.simulation.cloudformation.template import parse
from given_batch_resources import BATCH_CASES
from given_network_resources import NETWORK_CASES
from given_resources import CASES as FIRST_CASES
from given_resources import PRODUCTION, REGION, Case

CASES = (*FIRST_CASES, *BATCH_CASES, *NETWORK_CASES)

# Both sides of an invitation are tested together, below; and what only the main account may make.
BELOW = {"AWS::GuardDuty::Member", "AWS::GuardDuty::Master", "AWS::Organizations::Policy"}


def test_every_type_in_the_templates_has_a_provider() -> None:
    used = {
        resource["Type"]
        for name in templates.NAMES
        for resource in templates.parse(templates.read(name))["Resources"].values()
    }
    assert used
    assert [name for name in used if provider(name) is None] == []


def test_every_provider_is_tried_here() -> None:
    assert {case.type for case in CASES} | BELOW == set(PROVIDERS)


@pytest.mark.parametrize("name", templates.NAMES)
def test_the_templates_are_accepted(name: str) -> None:
    assert parse(templates.read(name)).resources


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_what_a_provider_makes_can_be_read_back(world: Any, case: Case) -> None:
    def client(service: str) -> Any:
        return world.client(service, PRODUCTION, REGION)

    def end(stack: dict[str, Any]) -> tuple[str, dict[str, str]]:
        return stack["StackStatus"], world.reasons(stack["StackId"], PRODUCTION, REGION)

    def body(properties: dict[str, Any]) -> str:
        tried = {"Type": case.type, "Properties": properties}
        return json.dumps({"Resources": {**case.others, "Tried": tried}})

    with pytest.raises((AwsError, ValueError, IndexError)):
        case.read(client)
    stack = world.create("mine", body(case.before), PRODUCTION, REGION)
    assert end(stack) == ("CREATE_COMPLETE", {})
    assert case.read(client) == case.first
    stack = world.update("mine", body(case.after), PRODUCTION, REGION)
    assert end(stack) == ("UPDATE_COMPLETE", {})
    assert case.read(client) == case.second
    client("cloudformation").delete_stack(StackName="mine")
    deleted = world.stack(stack["StackId"], PRODUCTION, REGION)
    assert end(deleted) == ("DELETE_COMPLETE", {})
    with pytest.raises((AwsError, ValueError, IndexError)):
        case.read(client)


DETECTOR = "Resources: {Detector: {Type: 'AWS::GuardDuty::Detector', Properties: {Enable: true}}"


def administrator(email: str = "production@acme.example") -> str:
    return f"""{DETECTOR},
  Production: {{Type: 'AWS::GuardDuty::Member', Properties: {{DetectorId: !Ref Detector,
    MemberId: '{PRODUCTION}', Email: {email}, Status: Invited}}}}}}
"""


MEMBER = f"""{DETECTOR},
  Main: {{Type: 'AWS::GuardDuty::Master', Properties: {{DetectorId: !Ref Detector,
    MasterId: '{MAIN.id}'}}}}}}
"""


def relationship(world: Any) -> str:
    guardduty = world.client("guardduty", MAIN.id, REGION)
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    (member,) = guardduty.list_members(DetectorId=detector, OnlyAssociated="false")["Members"]
    return str(member["RelationshipStatus"])


def test_an_invitation_is_sent_accepted_and_taken_back(world: Any) -> None:
    world.create("main", administrator(), MAIN.id, REGION)
    assert relationship(world) == "Invited"
    world.create("member", MEMBER, PRODUCTION, REGION)
    assert relationship(world) == "Enabled"
    member = world.client("guardduty", PRODUCTION, REGION)
    (detector,) = member.list_detectors()["DetectorIds"]
    found = member.get_administrator_account(DetectorId=detector)["Administrator"]
    assert found["AccountId"] == MAIN.id
    world.client("cloudformation", PRODUCTION, REGION).delete_stack(StackName="member")
    world.settle()
    assert member.list_detectors()["DetectorIds"] == []
    world.client("cloudformation", MAIN.id, REGION).delete_stack(StackName="main")
    world.settle()
    assert world.client("guardduty", MAIN.id, REGION).list_detectors()["DetectorIds"] == []


def control(action: str, *targets: str) -> str:
    document = {"Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    said = {"Name": "Guard", "Type": "SERVICE_CONTROL_POLICY", "Content": document}
    policy = {"Type": "AWS::Organizations::Policy", "Properties": {**said, "TargetIds": targets}}
    return json.dumps({"Resources": {"Policy": policy}})


def test_a_policy_of_the_organization_is_attached_moved_and_goes(world: Any) -> None:
    client = world.client("organizations", MAIN.id, REGION)

    def found() -> dict[str, list[str]]:
        """What is attached, by what it says."""
        listed = client.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        said: dict[str, list[str]] = {}
        for policy in (p["Id"] for p in listed if p["Name"] == "Guard"):
            content = client.describe_policy(PolicyId=policy)["Policy"]["Content"]
            targets = client.list_targets_for_policy(PolicyId=policy)["Targets"]
            said[content] = [target["TargetId"] for target in targets]
        return said

    made = world.create("control", control("a:B", PRODUCTION), MAIN.id, REGION)
    assert made["StackStatus"] == "CREATE_COMPLETE"
    text = '{"Statement":[{"Effect":"Deny","Action":"%s","Resource":"*"}]}'
    assert found() == {text % "a:B": [PRODUCTION]}
    world.update("control", control("c:D", "r-acme"), MAIN.id, REGION)
    assert found() == {text % "c:D": ["r-acme"]}
    world.client("cloudformation", MAIN.id, REGION).delete_stack(StackName="control")
    world.settle()
    assert found() == {}
    refused = world.create("control", control("a:B", PRODUCTION), PRODUCTION, REGION)
    assert refused["StackStatus"] == "ROLLBACK_COMPLETE"


def test_without_an_invitation_there_is_nothing_to_accept(world: Any) -> None:
    stack = world.create("member", MEMBER)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert (
        "does not have an invitation from the requested master" in world.reasons("member")["Main"]
    )
    assert world.client("guardduty").list_detectors()["DetectorIds"] == []


def test_a_role_that_cannot_get_its_policies_is_not_left_behind(world: Any) -> None:
    world.simulation.faults.add(Fault("deny", "iam", "AttachRolePolicy"))
    role = {**CASES[0].before}
    body = json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}})
    assert world.create("mine", body)["StackStatus"] == "ROLLBACK_COMPLETE"
    with pytest.raises(AwsError, match="NoSuchEntity"):
        world.client("iam").get_role(RoleName="auditor")


def test_names_are_made_where_none_is_given(world: Any) -> None:
    types = ("AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::Logs::LogGroup")
    resources = {f"Unnamed{n}": {"Type": kind} for n, kind in enumerate(types)}
    world.create("a-stack", json.dumps({"Resources": resources}))
    (bucket_name,) = [b["Name"] for b in world.client("s3").list_buckets()["Buckets"]]
    assert bucket_name.startswith("a-stack-unnamed1-")
    assert world.topics(MAIN.id)[0].startswith("a-stack-Unnamed0-")
