"""EC2: networks and their flow logs."""

from abc import abstractmethod
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider, chosen


def _tagged(kind: str, properties: Properties) -> dict[str, Any]:
    tags = properties.get("Tags")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def _retag(client: Any, resource: str, before: Properties, after: Properties) -> None:
    if before.get("Tags"):
        client.delete_tags(Resources=[resource], Tags=before["Tags"])
    if after.get("Tags"):
        client.create_tags(Resources=[resource], Tags=after["Tags"])


class _Switched(Provider):
    """What is made first, and has switches that only a call of their own can set."""

    service: ClassVar[str] = "ec2"

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Set the switches."""
        self._switch(self.client(place), made.id, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change the switches and the tags."""
        client = self.client(place)
        self._switch(client, made.id, after)
        _retag(client, made.id, before, after)
        return made

    @staticmethod
    @abstractmethod
    def _switch(client: Any, resource: str, properties: Properties) -> None:
        """Set what ``properties`` say of the switches."""


class Vpc(_Switched):
    """A virtual network."""

    type: ClassVar[str] = "AWS::EC2::VPC"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the network."""
        vpc = self.client(place).create_vpc(
            **chosen(properties, "CidrBlock", "InstanceTenancy"), **_tagged("vpc", properties)
        )["Vpc"]
        attributes = {"VpcId": vpc["VpcId"], "CidrBlock": vpc["CidrBlock"]}
        return Made(vpc["VpcId"], attributes)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the network."""
        del properties
        self.client(place).delete_vpc(VpcId=made.id)

    @staticmethod
    def _switch(client: Any, resource: str, properties: Properties) -> None:
        for name, value in chosen(properties, "EnableDnsSupport", "EnableDnsHostnames").items():
            client.modify_vpc_attribute(VpcId=resource, **{name: {"Value": value}})


class Subnet(_Switched):
    """A part of a network in one zone."""

    type: ClassVar[str] = "AWS::EC2::Subnet"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the subnet."""
        where = chosen(properties, "VpcId", "CidrBlock", "AvailabilityZone")
        answer = self.client(place).create_subnet(**where, **_tagged("subnet", properties))
        subnet = answer["Subnet"]
        attributes = {"SubnetId": subnet["SubnetId"], **chosen(subnet, *where)}
        return Made(subnet["SubnetId"], attributes)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the subnet."""
        del properties
        self.client(place).delete_subnet(SubnetId=made.id)

    @staticmethod
    def _switch(client: Any, resource: str, properties: Properties) -> None:
        for name, value in chosen(properties, "MapPublicIpOnLaunch").items():
            client.modify_subnet_attribute(SubnetId=resource, **{name: {"Value": value}})


class FlowLog(Provider):
    """A record of the traffic of a network; it cannot be changed but for its tags."""

    type: ClassVar[str] = "AWS::EC2::FlowLog"
    service: ClassVar[str] = "ec2"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the flow log; EC2 reports a refusal in its answer."""
        parameters = chosen(
            properties, "ResourceType", "TrafficType", "LogDestinationType", "LogDestination",
            "LogGroupName", "LogFormat", "MaxAggregationInterval", "DeliverLogsPermissionArn",
            "DestinationOptions",
        )  # fmt: skip
        answer = self.client(place).create_flow_logs(
            ResourceIds=[properties["ResourceId"]],
            **parameters,
            **_tagged("vpc-flow-log", properties),
        )
        for refused in answer.get("Unsuccessful") or ():
            raise AwsError(refused["Error"]["Message"], code=refused["Error"]["Code"])
        (flow_log,) = answer["FlowLogIds"]
        return Made(flow_log, {"Id": flow_log})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its tags."""
        _retag(self.client(place), made.id, before, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the flow log."""
        del properties
        self.client(place).delete_flow_logs(FlowLogIds=[made.id])


TYPES = (Vpc, Subnet, FlowLog)
