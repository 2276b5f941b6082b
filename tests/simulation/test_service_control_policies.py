"""Service control policies: what they deny the principals of members, in AWS's words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from baseline.errors import AwsError, DeniedError
from baseline.sessions import Session
from baseline.simulation import Simulation

MAIN, TOOLING, PRODUCTION = "100000000001", "300000000003", "400000000004"
ROOT = "r-acme"
ACCESS = "OrganizationAccountAccessRole"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENIED = "with an explicit deny in a service control policy"

Control = Callable[..., str]


@pytest.fixture
def organizations(simulation: Simulation) -> Any:
    return simulation.client("organizations", "us-east-1", MAIN)


@pytest.fixture
def control(organizations: Any) -> Control:
    """Attaches a policy of these statements; gives its id."""

    def attach(target: str, *statements: dict[str, Any], name: str = "guardrail") -> str:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        made = organizations.create_policy(
            Content=json.dumps(document), Name=name, Description="A guardrail.",
            Type="SERVICE_CONTROL_POLICY",
        )  # fmt: skip
        policy: str = made["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    return attach


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*"} | more


def unit_of(organizations: Any, account: str) -> str:
    (parent,) = organizations.list_parents(ChildId=account)["Parents"]
    return str(parent["Id"])


def test_a_deny_answers_in_the_form_of_each_service(member: Session, control: Control) -> None:
    control(PRODUCTION, deny("*"))
    calls: dict[tuple[str, str, str], dict[str, Any]] = {
        ("guardduty", "create_detector", "AccessDeniedException"): {"Enable": True},
        ("ec2", "create_internet_gateway", "UnauthorizedOperation"): {},
        ("iam", "create_user", "AccessDenied"): {"UserName": "u"},
        ("s3", "list_buckets", "AccessDenied"): {},
        ("cloudformation", "list_stacks", "AccessDenied"): {},
        ("config", "describe_config_rules", "AccessDeniedException"): {},
    }
    for (service, operation, code), parameters in calls.items():
        with pytest.raises(DeniedError, match=DENIED) as refused:
            getattr(member.client(service, "eu-west-1"), operation)(**parameters)
        assert refused.value.code == code
    assert f"assumed-role/{ACCESS}/" in str(refused.value)


def test_who_one_is_may_be_asked_in_spite_of_every_deny(member: Session, control: Control) -> None:
    control(PRODUCTION, deny("*"))
    assert member.client("sts").get_caller_identity()["Account"] == PRODUCTION


def test_a_deny_on_any_level_counts_and_only_below_it(
    administrator: Session, organizations: Any, control: Control
) -> None:
    production, tooling = (
        administrator.assume(account, ACCESS).client("guardduty", "eu-west-1")
        for account in (PRODUCTION, TOOLING)
    )
    policy = control(unit_of(organizations, PRODUCTION), deny("guardduty:List*"))
    tooling.list_detectors()
    with pytest.raises(DeniedError, match=DENIED):
        production.list_detectors()
    organizations.attach_policy(PolicyId=policy, TargetId=ROOT)
    organizations.detach_policy(PolicyId=policy, TargetId=unit_of(organizations, PRODUCTION))
    for client in (production, tooling):
        with pytest.raises(DeniedError, match=DENIED):
            client.list_detectors()
    administrator.client("guardduty", "eu-west-1").list_detectors()  # the main account


def test_an_allow_has_to_be_on_every_level(
    member: Session, organizations: Any, control: Control
) -> None:
    client = member.client("guardduty", "eu-west-1")
    levels = [ROOT, unit_of(organizations, PRODUCTION), PRODUCTION]
    only_s3 = {**EVERYTHING, "Action": "s3:*"}
    for level in levels:
        policy = control(level, only_s3, name=f"only-s3-{level}")
        client.list_detectors()  # beside FullAWSAccess it changes nothing
        organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=level)
        with pytest.raises(
            DeniedError,
            match="because no service control policy allows the guardduty:ListDetectors action",
        ):
            client.list_detectors()
        member.client("s3").list_buckets()
        organizations.attach_policy(PolicyId="p-FullAWSAccess", TargetId=level)
        organizations.detach_policy(PolicyId=policy, TargetId=level)
    client.list_detectors()


def test_the_last_policy_of_a_level_stays(organizations: Any) -> None:
    with pytest.raises(AwsError, match="cannot remove the last policy"):
        organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=PRODUCTION)


def test_without_the_policy_type_there_is_no_policy(
    member: Session, organizations: Any, control: Control
) -> None:
    control(PRODUCTION, deny("*"))
    organizations.disable_policy_type(RootId=ROOT, PolicyType="SERVICE_CONTROL_POLICY")
    member.client("guardduty", "eu-west-1").list_detectors()


ME = f"arn:aws:iam::*:role/{ACCESS}"
IN_REGION = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}


@pytest.mark.parametrize(
    ("statement", "denied"),
    [
        (deny("*", Condition={"ArnNotLike": {"aws:PrincipalArn": ME}}), False),
        (deny("*", Condition={"ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/x"}}), True),
        (deny("*", Condition={"StringNotLike": {"aws:PrincipalArn": [ME]}}), False),
        (deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-other00000"}}), True),
        (deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-acme0000000"}}), False),
        (deny("*", Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}), True),
        (deny("*", Condition={"Bool": {"aws:ViaAWSService": "true"}}), False),
        ({"Effect": "Deny", "NotAction": ["s3:*", "sts:*"], "Resource": "*"}, True),
        ({"Effect": "Deny", "NotAction": ["cloudtrail:*"], "Resource": "*"}, False),
        (deny("*", Resource="arn:aws:cloudtrail:*:*:trail/baseline"), True),
        (deny("*", Resource="arn:aws:cloudtrail:*:*:trail/other"), False),
        (
            {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:cloudtrail:*:*:trail/base*"},
            False,
        ),
        ({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::*"}, True),
    ],
)
def test_conditions_and_what_a_statement_leaves_out(
    simulation: Simulation, control: Control, statement: dict[str, Any], *, denied: bool
) -> None:
    arn = f"arn:aws:sts::{PRODUCTION}:assumed-role/{ACCESS}/session"
    client = simulation.client("cloudtrail", "eu-west-1", PRODUCTION, acting_as=arn)
    control(PRODUCTION, statement)
    with pytest.raises(AwsError) as refused:
        client.stop_logging(Name="baseline")  # there is no such trail
    assert isinstance(refused.value, DeniedError) is denied


def test_a_region_may_be_closed(member: Session, control: Control) -> None:
    control(PRODUCTION, deny("*", Condition=IN_REGION))
    member.client("guardduty", "eu-west-1").list_detectors()
    member.client("iam").list_roles()
    with pytest.raises(DeniedError, match=DENIED):
        member.client("guardduty", "us-west-2").list_detectors()


def test_roles_of_services_are_exempt(simulation: Simulation, control: Control) -> None:
    iam = simulation.client("iam", "us-east-1", PRODUCTION)
    iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
    (name,) = [
        role["RoleName"] for role in iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]
    ]
    iam.put_role_policy(
        RoleName=name, PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]}),
    )  # fmt: skip
    control(PRODUCTION, deny("*"))
    arn = f"arn:aws:sts::{PRODUCTION}:assumed-role/{name}/session"
    client = simulation.client("guardduty", "eu-west-1", PRODUCTION, acting_as=arn)
    assert client.list_detectors()["DetectorIds"] == []


def test_the_simulation_itself_is_nobody(simulation: Simulation, control: Control) -> None:
    control(ROOT, deny("*"))
    simulation.client("guardduty", "eu-west-1", PRODUCTION).list_detectors()
