"""Cases for what an audit on AWS Batch is made of: its network, its queue, its schedule."""

from collections.abc import Callable
from typing import Any

from given_resources import PRODUCTION, REGION, ROLE, ROLE_ARN, VPC, Case, tags

Client = Callable[[str], Any]


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def gateway(owner: str) -> dict[str, Any]:
    return {"Type": "AWS::EC2::InternetGateway", "Properties": {"Tags": tags(owner)}}


def subnet(block: str) -> dict[str, Any]:
    return {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": ref("Vpc"), "CidrBlock": block}}


GATEWAYS = {"Vpc": VPC, "A": gateway("a"), "B": gateway("b")}
TABLE = {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": ref("Vpc")}}
SUBNETS = {"Vpc": VPC, "A": subnet("10.1.1.0/24"), "B": subnet("10.1.2.0/24")}
GROUP = {"GroupDescription": "audits", "VpcId": ref("Vpc")}
NETWORK = {
    "Vpc": VPC,
    "Subnet": subnet("10.1.1.0/24"),
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": GROUP},
}


def attached(name: str) -> dict[str, Any]:
    return {"VpcId": ref("Vpc"), "InternetGatewayId": ref(name)}


def route(name: str) -> dict[str, Any]:
    where = {"RouteTableId": ref("Table"), "DestinationCidrBlock": "0.0.0.0/0"}
    return {**where, "GatewayId": ref(name)}


def opened(port: int) -> dict[str, Any]:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"}
    return {**GROUP, "SecurityGroupEgress": [rule]}


def environment(vcpus: int) -> dict[str, Any]:
    resources = {
        "Type": "FARGATE",
        "MaxvCpus": vcpus,
        "Subnets": [ref("Subnet")],
        "SecurityGroupIds": [ref("Group")],
    }
    return {"Type": "MANAGED", "ReplaceComputeEnvironment": False, "ComputeResources": resources}


ENVIRONMENT = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": environment(4)}


def queue(priority: int) -> dict[str, Any]:
    order = [{"Order": 1, "ComputeEnvironment": ref("Environment")}]
    return {"JobQueueName": "audit", "Priority": priority, "ComputeEnvironmentOrder": order}


def definition(image: str) -> dict[str, Any]:
    container = {
        "Image": image,
        "Command": ["audit", "work", "Ref::list"],
        "JobRoleArn": ROLE_ARN,
        "ExecutionRoleArn": ROLE_ARN,
        "ResourceRequirements": [
            {"Type": "VCPU", "Value": "1"},
            {"Type": "MEMORY", "Value": "2048"},
        ],
        "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "/audit"}},
    }
    return {
        "JobDefinitionName": "audit",
        "Type": "container",
        "PlatformCapabilities": ["FARGATE"],
        "ContainerProperties": container,
    }


def schedule(when: str) -> dict[str, Any]:
    target = {"Arn": f"arn:aws:sqs:{REGION}:{PRODUCTION}:q", "RoleArn": ROLE_ARN, "Input": "{}"}
    window = {"Mode": "OFF"}
    told = {"Name": "weekly", "ScheduleExpression": when, "FlexibleTimeWindow": window}
    return {**told, "Target": target}


def owner(found: Any) -> str | None:
    return next((tag["Value"] for tag in found["Tags"] if tag["Key"] == "owner"), None)


def read_gateway(client: Client) -> Any:
    return owner(client("ec2").describe_internet_gateways()["InternetGateways"][0])


def read_attachment(client: Client) -> Any:
    gateways = client("ec2").describe_internet_gateways()["InternetGateways"]
    (found,) = [owner(one) for one in gateways if one["Attachments"] and owner(one)]
    return found


def read_table(client: Client) -> Any:
    tables = client("ec2").describe_route_tables()["RouteTables"]
    (found,) = [owner(table) for table in tables if owner(table)]
    return found


def read_route(client: Client) -> Any:
    gateways = client("ec2").describe_internet_gateways()["InternetGateways"]
    owners = {one["InternetGatewayId"]: owner(one) for one in gateways if owner(one)}
    tables = client("ec2").describe_route_tables()["RouteTables"]
    ways = [r for table in tables for r in table["Routes"] if r.get("GatewayId") in owners]
    (found,) = [owners[way["GatewayId"]] for way in ways]
    return found


def read_association(client: Client) -> Any:
    tables = client("ec2").describe_route_tables()["RouteTables"]
    (found,) = [a["SubnetId"] for t in tables for a in t["Associations"] if a.get("SubnetId")]
    return client("ec2").describe_subnets(SubnetIds=[found])["Subnets"][0]["CidrBlock"]


def read_group(client: Client) -> Any:
    groups = client("ec2").describe_security_groups()["SecurityGroups"]
    (group,) = [g for g in groups if g["Description"] == "audits"]
    return [rule.get("FromPort") for rule in group["IpPermissionsEgress"]]


def read_environment(client: Client) -> Any:
    found = client("batch").describe_compute_environments()["computeEnvironments"][0]
    return found["computeResources"]["maxvCpus"], found["state"]


def read_definition(client: Client) -> Any:
    (active,) = client("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    container = active["containerProperties"]
    return active["revision"], container["image"], container["logConfiguration"]["options"]


BATCH_CASES = (
    Case("AWS::EC2::InternetGateway", {"Tags": tags("a")}, {"Tags": tags("b")}, read_gateway,
         "a", "b"),
    Case("AWS::EC2::VPCGatewayAttachment", attached("A"), attached("B"), read_attachment,
         "a", "b", GATEWAYS),
    Case("AWS::EC2::RouteTable", {"VpcId": ref("Vpc"), "Tags": tags("a")},
         {"VpcId": ref("Vpc"), "Tags": tags("b")}, read_table, "a", "b", {"Vpc": VPC}),
    Case("AWS::EC2::Route", route("A"), route("B"), read_route, "a", "b",
         {**GATEWAYS, "Table": TABLE}),
    Case("AWS::EC2::SubnetRouteTableAssociation",
         {"SubnetId": ref("A"), "RouteTableId": ref("Table")},
         {"SubnetId": ref("B"), "RouteTableId": ref("Table")}, read_association,
         "10.1.1.0/24", "10.1.2.0/24", {**SUBNETS, "Table": TABLE}),
    Case("AWS::EC2::SecurityGroup", opened(443), opened(8443), read_group, [443], [8443],
         {"Vpc": VPC}),
    Case("AWS::Batch::ComputeEnvironment", environment(4), environment(8), read_environment,
         (4, "ENABLED"), (8, "ENABLED"), NETWORK),
    Case("AWS::Batch::JobQueue", queue(1), queue(2),
         lambda client: client("batch").describe_job_queues()["jobQueues"][0]["priority"],
         1, 2, {**NETWORK, "Environment": ENVIRONMENT}),
    Case("AWS::Batch::JobDefinition", definition("audit:1"), definition("audit:2"),
         read_definition, (1, "audit:1", {"awslogs-group": "/audit"}),
         (2, "audit:2", {"awslogs-group": "/audit"}), {"Role": ROLE}),
    Case("AWS::Scheduler::Schedule", schedule("rate(7 days)"), schedule("rate(8 days)"),
         lambda client: client("scheduler").get_schedule(Name="weekly")["ScheduleExpression"],
         "rate(7 days)", "rate(8 days)"),
)  # fmt: skip
