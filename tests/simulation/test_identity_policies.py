"""Identity policies and boundaries: what the principals of an account may do, in AWS's words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from baseline.errors import AwsError, DeniedError
from baseline.simulation import Simulation, identity

MAIN, PRODUCTION, PAYMENTS = "100000000001", "400000000004", "500000000005"
AWS = "arn:aws:iam::aws:policy/"
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{PRODUCTION}:trail/mine"

Acting = Callable[..., Any]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | more


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return allow(*actions, Effect="Deny") | more


@pytest.fixture
def iam(simulation: Simulation) -> Any:
    return simulation.client("iam", "us-east-1", PRODUCTION)


@pytest.fixture
def acting(simulation: Simulation, iam: Any) -> Acting:
    """A client of a role with these statements, in production; ``settings`` are the role's."""

    def client(service: str, *statements: dict[str, Any], **settings: Any) -> Any:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=document(), **settings)
        if statements:
            iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(*statements))
        arn = f"arn:aws:sts::{PRODUCTION}:assumed-role/r/session"
        return simulation.client(service, "eu-west-1", PRODUCTION, acting_as=arn)

    return client


def test_a_role_may_what_its_policies_allow_and_nothing_else(acting: Acting) -> None:
    client = acting("guardduty", allow("guardduty:List*"))
    client.list_detectors()
    with pytest.raises(DeniedError) as refused:
        client.create_detector(Enable=True)
    assert refused.value.code == "AccessDeniedException"
    assert str(refused.value).startswith(
        f"{PRODUCTION} eu-west-1 guardduty:CreateDetector: AccessDeniedException: "
        f"User: arn:aws:sts::{PRODUCTION}:assumed-role/r/session is not authorized to perform: "
        "guardduty:CreateDetector on resource: * because no identity-based policy allows the "
        "guardduty:CreateDetector action"
    )


def test_a_deny_goes_before_every_allow(acting: Acting) -> None:
    client = acting("sqs", allow("*"), deny("sqs:CreateQueue"))
    client.list_queues()
    with pytest.raises(DeniedError, match="with an explicit deny in an identity-based policy"):
        client.create_queue(QueueName="q")


def test_attached_policies_count_in_their_default_version(acting: Acting, iam: Any) -> None:
    client = acting("sqs")
    made = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("sqs:*")))
    arn = made["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    client.list_queues()
    iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(allow("sns:*")), SetAsDefault=True
    )
    with pytest.raises(DeniedError):
        client.list_queues()
    iam.attach_role_policy(RoleName="r", PolicyArn=f"{AWS}AmazonSQSReadOnlyAccess")
    client.list_queues()


def test_a_boundary_has_to_allow_too(acting: Acting, iam: Any) -> None:
    bound = iam.create_policy(
        PolicyName="bound", PolicyDocument=document(allow("*"), deny("sqs:CreateQueue"))
    )["Policy"]["Arn"]
    client = acting("sqs", allow("sqs:*"), PermissionsBoundary=bound)
    client.list_queues()
    with pytest.raises(DeniedError, match="with an explicit deny in a permissions boundary"):
        client.create_queue(QueueName="q")
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=f"{AWS}SecurityAudit")
    with pytest.raises(
        DeniedError, match="because no permissions boundary allows the sqs:SendMessage action"
    ):
        client.send_message(QueueUrl=f"http://sqs/{PRODUCTION}/q", MessageBody="m")


def test_users_have_the_policies_of_their_groups(simulation: Simulation, iam: Any) -> None:
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.put_group_policy(
        GroupName="g", PolicyName="p", PolicyDocument=document(allow("sqs:ListQueues"))
    )
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    arn = f"arn:aws:iam::{PRODUCTION}:user/u"
    who = identity.owner_of(simulation, key, "")
    client = simulation.client("sqs", "eu-west-1", PRODUCTION, acting_as=who)
    assert who.arn == arn
    with pytest.raises(DeniedError, match=f"User: {arn} is not authorized"):
        client.list_queues()
    iam.add_user_to_group(GroupName="g", UserName="u")
    client.list_queues()


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (TRAIL, True),
        ("arn:aws:cloudtrail:*:*:trail/m*", True),
        ("arn:aws:cloudtrail:*:${aws:PrincipalAccount}:trail/mine", True),
        (TRAIL.replace("mine", "theirs"), False),
        (TRAIL.replace("eu-west-1", "us-east-1"), False),
    ],
)
def test_resources_are_told_by_their_names(acting: Acting, resource: str, *, allowed: bool) -> None:
    client = acting("cloudtrail", allow("cloudtrail:*", Resource=resource))
    for name in ("mine", TRAIL):
        with pytest.raises(Exception) as refused:  # there is no such trail
            client.stop_logging(Name=name)
        assert isinstance(refused.value, DeniedError) is not allowed


def test_an_action_without_resources_is_allowed_on_a_star_alone(acting: Acting) -> None:
    narrow = allow("sqs:ListQueues", Resource=f"arn:aws:sqs:*:{PRODUCTION}:*")
    client = acting("sqs", narrow)
    with pytest.raises(DeniedError, match="no identity-based policy allows the sqs:ListQueues"):
        client.list_queues()


def test_roles_have_their_path_in_their_names(acting: Acting, iam: Any) -> None:
    iam.create_role(RoleName="deep", Path="/a/b/", AssumeRolePolicyDocument=document())
    mine = allow("iam:*", Resource=f"arn:aws:iam::{PRODUCTION}:role/a/*")
    client = acting("iam", mine)
    client.get_role(RoleName="deep")
    with pytest.raises(DeniedError, match=f"on resource: arn:aws:iam::{PRODUCTION}:role/r "):
        client.get_role(RoleName="r")


def test_a_role_is_handed_to_a_service_only_by_who_may(acting: Acting) -> None:
    passing = allow(
        "iam:PassRole", Resource=f"arn:aws:iam::{PRODUCTION}:role/recorder",
        Condition={"StringEquals": {"iam:PassedToService": "config.amazonaws.com"}},
    )  # fmt: skip
    client = acting("config", allow("config:*"), passing)

    def put(role: str) -> None:
        arn = f"arn:aws:iam::{PRODUCTION}:role/{role}"
        client.put_configuration_recorder(
            ConfigurationRecorder={
                "name": "default", "roleARN": arn, "recordingGroup": {"allSupported": True},
            }
        )  # fmt: skip

    put("recorder")
    with pytest.raises(DeniedError, match=r"is not authorized to perform: iam:PassRole on .*other"):
        put("other")


OURS = {"StringEquals": {"aws:RequestTag/owner": "us"}}
OUR_NETWORK = {"StringEquals": {"aws:ResourceTag/owner": "us"}}
OF_US = [{"Key": "owner", "Value": "us"}]


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": OF_US}]


def test_ec2_asks_for_what_is_made_for_where_and_for_its_tags(acting: Acting) -> None:
    arn = f"arn:aws:ec2:*:{PRODUCTION}:"
    client = acting(
        "ec2",
        allow("ec2:CreateVpc", Resource=f"{arn}vpc/*", Condition=OURS),
        allow("ec2:CreateSubnet", Resource=f"{arn}subnet/*"),
        allow("ec2:CreateSubnet", "ec2:DeleteVpc", Resource=f"{arn}vpc/*", Condition=OUR_NETWORK),
        allow(
            "ec2:CreateTags", Resource=f"{arn}vpc/*",
            Condition={"StringEquals": {"ec2:CreateAction": "CreateVpc"}},
        ),
        allow("ec2:DescribeVpcs"),
    )  # fmt: skip
    with pytest.raises(DeniedError, match="ec2:CreateVpc on resource") as refused:
        client.create_vpc(CidrBlock="10.0.0.0/16")
    assert refused.value.code == "UnauthorizedOperation"
    ours = client.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"][
        "VpcId"
    ]
    (theirs,) = [vpc["VpcId"] for vpc in client.describe_vpcs()["Vpcs"] if vpc["VpcId"] != ours]
    client.create_subnet(VpcId=ours, CidrBlock="10.0.0.0/24")
    with pytest.raises(DeniedError, match=f"ec2:CreateSubnet on resource: .*vpc/{theirs}"):
        client.create_subnet(VpcId=theirs, CidrBlock="172.31.255.0/24")
    with pytest.raises(DeniedError, match="ec2:DeleteVpc"):
        client.delete_vpc(VpcId=theirs)
    with pytest.raises(DeniedError, match=f"ec2:CreateTags on resource: .*vpc/{theirs}"):
        client.create_tags(Resources=[theirs], Tags=OF_US)


def test_roles_of_other_accounts_are_assumed_only_by_who_may(
    simulation: Simulation, acting: Acting
) -> None:
    """The trust of the role alone is not enough."""
    trusting = {
        "Effect": "Allow", "Principal": {"AWS": PRODUCTION}, "Action": "sts:AssumeRole",
    }  # fmt: skip
    for account in (PAYMENTS, MAIN):
        simulation.client("iam", "us-east-1", account).create_role(
            RoleName="open", AssumeRolePolicyDocument=document(trusting)
        )
    client = acting("sts", allow("sts:AssumeRole", Resource=f"arn:aws:iam::{PAYMENTS}:role/open"))
    client.assume_role(RoleArn=f"arn:aws:iam::{PAYMENTS}:role/open", RoleSessionName="session")
    with pytest.raises(DeniedError, match="is not authorized to perform: sts:AssumeRole"):
        client.assume_role(RoleArn=f"arn:aws:iam::{MAIN}:role/open", RoleSessionName="session")
    client.get_caller_identity()


def test_an_action_that_awss_list_has_not_is_not_asked_for(acting: Acting) -> None:
    """The REST paths of API Gateway are its resources, which calls here do not tell."""
    acting("apigateway").get_rest_apis()


def test_the_path_of_service_linked_roles_is_for_services_alone(iam: Any) -> None:
    with pytest.raises(AwsError, match="reserved") as refused:
        iam.create_role(
            RoleName="r", Path="/aws-service-role/x/", AssumeRolePolicyDocument=document()
        )
    assert refused.value.code == "InvalidInput"
    made = iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
    assert made["Role"]["Path"] == "/aws-service-role/config.amazonaws.com/"
