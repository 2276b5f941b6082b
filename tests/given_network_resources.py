"""Cases for what a network is made of beside its subnets: addresses, gateways, endpoints."""

from collections.abc import Callable
from typing import Any

from given_batch_resources import ref, subnet
from given_resources import PRODUCTION, TRUST, VPC, Case, tags

Client = Callable[[str], Any]

ADDRESS = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}
TABLE = {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": ref("Vpc")}}
SOURCE = """
import boto3
import cfnresponse


def handler(event, context):
    ssm, name = boto3.client("ssm"), "/custom"
    if event["RequestType"] == "Delete":
        ssm.delete_parameter(Name=name)
    else:
        value = event["ResourceProperties"]["Value"]
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, name)
"""
MAY = {
    "PolicyName": "parameter",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["ssm:DeleteParameter", "ssm:PutParameter"],
                "Resource": f"arn:aws:ssm:*:{PRODUCTION}:parameter/custom",
            }
        ],
    },
}
ITS_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": [MAY]},
}
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": SOURCE},
    },
}


def gateway(owner: str) -> dict[str, Any]:
    address = {"Fn::GetAtt": ["Address", "AllocationId"]}
    return {"SubnetId": ref("Subnet"), "AllocationId": address, "Tags": tags(owner)}


def endpoint(*tables: str) -> dict[str, Any]:
    service = {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"}
    routes = [ref(table) for table in tables]
    return {
        "VpcId": ref("Vpc"),
        "VpcEndpointType": "Gateway",
        "ServiceName": service,
        "RouteTableIds": routes,
    }


def custom(value: str) -> dict[str, Any]:
    return {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Value": value}


def read_address(client: Client) -> Any:
    (found,) = client("ec2").describe_addresses()["Addresses"]
    return found["Domain"], found["Tags"]


def read_gateway(client: Client) -> Any:
    wanted = [{"Name": "state", "Values": ["available"]}]
    (found,) = client("ec2").describe_nat_gateways(Filters=wanted)["NatGateways"]
    return found["Tags"], len(found["NatGatewayAddresses"])


def read_endpoint(client: Client) -> Any:
    found = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    (there,) = [one for one in found if one["State"] == "available"]
    return there["VpcEndpointType"], len(there["RouteTableIds"])


def read_parameter(client: Client) -> Any:
    return client("ssm").get_parameter(Name="/custom")["Parameter"]["Value"]


NETWORK_CASES = (
    Case("AWS::EC2::EIP", {"Domain": "vpc", "Tags": tags("a")},
         {"Domain": "vpc", "Tags": tags("b")}, read_address,
         ("vpc", tags("a")), ("vpc", tags("b"))),
    Case("AWS::EC2::NatGateway", gateway("a"), gateway("b"), read_gateway,
         (tags("a"), 1), (tags("b"), 1),
         {"Vpc": VPC, "Subnet": subnet("10.1.1.0/24"), "Address": ADDRESS}),
    Case("AWS::EC2::VPCEndpoint", endpoint("A"), endpoint("A", "B"), read_endpoint,
         ("Gateway", 1), ("Gateway", 2), {"Vpc": VPC, "A": TABLE, "B": TABLE}),
    Case("AWS::CloudFormation::CustomResource", custom("a"), custom("b"), read_parameter,
         "a", "b", {"Role": ITS_ROLE, "Function": FUNCTION}),
)  # fmt: skip
