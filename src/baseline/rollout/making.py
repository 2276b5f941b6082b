"""What CloudFormation asks of AWS to make each resource of the baseline in a member. Pure.

Of the permissions that AWS publishes with a type (those of its handler ``create``), what is written
for the properties that the templates have; whoever may not look is seldom the one who may write.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Need:
    """An action, and what a policy may look at: the resource, where the template says it, and keys.

    Without a resource it is whatever the role that acts may do it to.
    """

    action: str
    resource: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)


# Of every stack, whatever is in it.
STACK = (Need("cloudformation:CreateStack"),)
ALWAYS: Mapping[str, tuple[str, ...]] = {
    "AWS::CloudTrail::Trail": (
        "cloudtrail:CreateTrail", "cloudtrail:AddTags", "cloudtrail:StartLogging",
    ),
    "AWS::Config::ConfigRule": ("config:PutConfigRule",),
    "AWS::Config::ConfigurationRecorder": (
        "config:PutConfigurationRecorder", "config:StartConfigurationRecorder",
    ),
    "AWS::Config::DeliveryChannel": ("config:PutDeliveryChannel",),
    "AWS::EC2::EIP": ("ec2:AllocateAddress", "ec2:CreateTags"),
    "AWS::EC2::FlowLog": ("ec2:CreateFlowLogs", "ec2:CreateTags"),
    "AWS::EC2::InternetGateway": ("ec2:CreateInternetGateway", "ec2:CreateTags"),
    "AWS::EC2::NatGateway": ("ec2:CreateNatGateway", "ec2:CreateTags"),
    "AWS::EC2::Route": ("ec2:CreateRoute",),
    "AWS::EC2::RouteTable": ("ec2:CreateRouteTable", "ec2:CreateTags"),
    "AWS::EC2::SecurityGroup": (
        "ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:CreateTags",
    ),
    "AWS::EC2::Subnet": ("ec2:CreateSubnet", "ec2:CreateTags"),
    "AWS::EC2::SubnetRouteTableAssociation": ("ec2:AssociateRouteTable",),
    "AWS::EC2::VPC": ("ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:CreateTags"),
    "AWS::EC2::VPCEndpoint": ("ec2:CreateVpcEndpoint", "ec2:CreateTags"),
    "AWS::EC2::VPCGatewayAttachment": ("ec2:AttachInternetGateway",),
    "AWS::GuardDuty::Detector": ("guardduty:CreateDetector", "guardduty:TagResource"),
    "AWS::GuardDuty::Master": ("guardduty:AcceptInvitation",),
    "AWS::IAM::ManagedPolicy": ("iam:CreatePolicy",),
    "AWS::IAM::Role": ("iam:CreateRole", "iam:TagRole"),
    "AWS::Lambda::Function": ("lambda:CreateFunction", "lambda:TagResource"),
    "AWS::Logs::LogGroup": (
        "logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource",
    ),
    # CloudFormation tells the function to begin.
    "Custom::ClosedSecurityGroup": ("lambda:InvokeFunction",),
}  # fmt: skip
# The property that names a role, and the service that the role is handed to.
PASSED: Mapping[str, tuple[str, str]] = {
    "AWS::CloudTrail::Trail": ("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),
    "AWS::Config::ConfigurationRecorder": ("RoleARN", "config.amazonaws.com"),
    "AWS::EC2::FlowLog": ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    "AWS::Lambda::Function": ("Role", "lambda.amazonaws.com"),
}
_GUARDDUTY = "guardduty.amazonaws.com"


def needs(
    kind: str, properties: Mapping[str, Any], partition: str, account_id: str
) -> Iterator[Need]:
    """What making a resource of ``kind`` asks for; nothing of a type that members do not have."""
    yield from map(Need, ALWAYS.get(kind, ()))
    if kind in PASSED and PASSED[kind][0] in properties:
        role, service = PASSED[kind]
        yield Need("iam:PassRole", properties[role], {"iam:passedtoservice": service})
    if kind == "AWS::EC2::FlowLog" and properties["LogDestinationType"] == "s3":
        yield Need("logs:CreateLogDelivery")
    if kind == "AWS::GuardDuty::Detector":
        # The role that GuardDuty acts in, which comes with an account's first detector.
        role = f"arn:{partition}:iam::{account_id}:role/aws-service-role/{_GUARDDUTY}/*"
        yield Need("iam:CreateServiceLinkedRole", role, {"iam:awsservicename": _GUARDDUTY})
    if kind == "AWS::IAM::Role":
        yield from _policies(properties)


def _policies(properties: Mapping[str, Any]) -> Iterator[Need]:
    if properties.get("Policies"):
        yield Need("iam:PutRolePolicy")
    for arn in properties.get("ManagedPolicyArns", ()):
        yield Need("iam:AttachRolePolicy", keys={"iam:policyarn": arn} if arn else {})
