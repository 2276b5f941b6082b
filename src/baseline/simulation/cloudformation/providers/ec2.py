"""EC2: networks, their ways in and out, and their flow logs."""

from abc import abstractmethod
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    missing,
    removed_tags,
)


def _tagged(kind: str, properties: Properties) -> dict[str, Any]:
    tags = properties.get("Tags")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def _retag(client: Any, resource: str, before: Properties, after: Properties) -> None:
    # Only what differs: whoever may change what has a tag could not without it.
    gone = [{"Key": key} for key in removed_tags(before, after)]
    if gone:
        client.delete_tags(Resources=[resource], Tags=gone)
    if after.get("Tags") and after["Tags"] != before.get("Tags"):
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
        attributes = {
            "VpcId": vpc["VpcId"],
            "CidrBlock": vpc["CidrBlock"],
            "DefaultSecurityGroup": self._default_group(place, vpc["VpcId"]),
        }
        return Made(vpc["VpcId"], attributes)

    def _default_group(self, place: Place, vpc: str) -> str:
        wanted = {"vpc-id": vpc, "group-name": "default"}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        (group,) = self.client(place).describe_security_groups(Filters=filters)["SecurityGroups"]
        return str(group["GroupId"])

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the network."""
        del properties
        self.client(place).delete_vpc(VpcId=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Its switches."""
        del properties
        client, found = self.client(place), {}
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            attribute = name[0].lower() + name[1:]
            answer = client.describe_vpc_attribute(VpcId=made.id, Attribute=attribute)
            found[name] = answer[name]["Value"]
        return found

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

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """That it is there, and of which traffic."""
        del properties
        found = self.client(place).describe_flow_logs()["FlowLogs"]
        for one in found:
            if one["FlowLogId"] == made.id:
                return {"TrafficType": one["TrafficType"]}
        raise missing(made.id)


class _Fixed(Provider):
    """What cannot be changed but for its tags."""

    service: ClassVar[str] = "ec2"

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its tags."""
        _retag(self.client(place), made.id, before, after)
        return made


class InternetGateway(_Fixed):
    """A network's way out, once it is attached."""

    type: ClassVar[str] = "AWS::EC2::InternetGateway"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the gateway."""
        tagged = _tagged("internet-gateway", properties)
        gateway = self.client(place).create_internet_gateway(**tagged)["InternetGateway"]
        made = gateway["InternetGatewayId"]
        return Made(made, {"InternetGatewayId": made})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the gateway."""
        del properties
        self.client(place).delete_internet_gateway(InternetGatewayId=made.id)


class VpcGatewayAttachment(Provider):
    """A gateway at its network, which has one at most."""

    type: ClassVar[str] = "AWS::EC2::VPCGatewayAttachment"
    service: ClassVar[str] = "ec2"

    def create(self, place: Place, properties: Properties) -> Made:
        """Attach the gateway."""
        both = chosen(properties, "VpcId", "InternetGatewayId")
        self.client(place).attach_internet_gateway(**both)
        return Made(f"IGW|{properties['VpcId']}")

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Attach another in its place."""
        self.delete(place, made, before)
        return self.create(place, after)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Detach the gateway."""
        del made
        both = chosen(properties, "VpcId", "InternetGatewayId")
        self.client(place).detach_internet_gateway(**both)


class RouteTable(_Fixed):
    """Ways out of subnets."""

    type: ClassVar[str] = "AWS::EC2::RouteTable"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the table."""
        tagged = _tagged("route-table", properties)
        answer = self.client(place).create_route_table(VpcId=properties["VpcId"], **tagged)
        made = answer["RouteTable"]["RouteTableId"]
        return Made(made, {"RouteTableId": made})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the table."""
        del properties
        self.client(place).delete_route_table(RouteTableId=made.id)


class Route(Provider):
    """One way out."""

    type: ClassVar[str] = "AWS::EC2::Route"
    service: ClassVar[str] = "ec2"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the route."""
        self.client(place).create_route(**_route(properties))
        target = properties["DestinationCidrBlock"]
        return Made(f"{properties['RouteTableId']}|{target}", {"CidrBlock": target})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Let it lead elsewhere."""
        del before
        self.client(place).replace_route(**_route(after))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the route."""
        del made
        key = chosen(properties, "RouteTableId", "DestinationCidrBlock")
        self.client(place).delete_route(**key)


def _route(properties: Properties) -> dict[str, Any]:
    return chosen(properties, "RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId")


class SubnetRoutes(Provider):
    """Which table's ways a subnet takes; all of it is fixed."""

    type: ClassVar[str] = "AWS::EC2::SubnetRouteTableAssociation"
    service: ClassVar[str] = "ec2"

    def create(self, place: Place, properties: Properties) -> Made:
        """Let the subnet take the table."""
        both = chosen(properties, "SubnetId", "RouteTableId")
        made = self.client(place).associate_route_table(**both)["AssociationId"]
        return Made(made, {"Id": made})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Nothing of it can change."""
        del place, before, after
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Leave the subnet with its network's main table."""
        del properties
        self.client(place).disassociate_route_table(AssociationId=made.id)


class SecurityGroup(_Fixed):
    """What may come in and go out; without rules of its own, everything may go out."""

    type: ClassVar[str] = "AWS::EC2::SecurityGroup"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the group."""
        made = self.client(place).create_security_group(
            GroupName=properties.get("GroupName") or place.name(255),
            Description=properties["GroupDescription"],
            **chosen(properties, "VpcId"),
            **_tagged("security-group", properties),
        )["GroupId"]
        return Made(made, {"GroupId": made, **chosen(properties, "VpcId")})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Give it its rules, in place of the one that every new group has."""
        client = self.client(place)
        if properties.get("SecurityGroupEgress"):
            (group,) = client.describe_security_groups(GroupIds=[made.id])["SecurityGroups"]
            client.revoke_security_group_egress(
                GroupId=made.id, IpPermissions=group["IpPermissionsEgress"]
            )
        self._change(client, made.id, {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its rules and its tags."""
        self._change(self.client(place), made.id, before, after)
        return super().update(place, made, before, after)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the group."""
        del properties
        self.client(place).delete_security_group(GroupId=made.id)

    @staticmethod
    def _change(client: Any, group: str, before: Properties, after: Properties) -> None:
        directions = {
            "SecurityGroupEgress": (
                client.revoke_security_group_egress, client.authorize_security_group_egress,
            ),
            "SecurityGroupIngress": (
                client.revoke_security_group_ingress, client.authorize_security_group_ingress,
            ),
        }  # fmt: skip
        for name, (revoke, authorize) in directions.items():
            had, wanted = before.get(name) or [], after.get(name) or []
            for call, rules in ((revoke, had), (authorize, wanted)):
                if rules and had != wanted:
                    call(GroupId=group, IpPermissions=[_permission(rule) for rule in rules])


class Address(_Fixed):
    """A public address; without a network it is of no use, but it costs."""

    type: ClassVar[str] = "AWS::EC2::EIP"

    def create(self, place: Place, properties: Properties) -> Made:
        """Get an address."""
        tagged = _tagged("elastic-ip", properties)
        given = self.client(place).allocate_address(**chosen(properties, "Domain"), **tagged)
        attributes = chosen(given, "AllocationId", "PublicIp")
        return Made(given["PublicIp"], attributes)

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its tags."""
        _retag(self.client(place), made.attributes["AllocationId"], before, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Give the address back, which must not be in use."""
        del properties
        self.client(place).release_address(AllocationId=made.attributes["AllocationId"])


class NatGateway(_Fixed):
    """The way out of private subnets, with an address of its own."""

    type: ClassVar[str] = "AWS::EC2::NatGateway"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the gateway."""
        answer = self.client(place).create_nat_gateway(
            **chosen(properties, "SubnetId", "AllocationId", "ConnectivityType"),
            **_tagged("natgateway", properties),
        )
        made = answer["NatGateway"]["NatGatewayId"]
        return Made(made, {"NatGatewayId": made})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the gateway, which sets its address free."""
        del properties
        self.client(place).delete_nat_gateway(NatGatewayId=made.id)


class VpcEndpoint(Provider):
    """A way to a service of AWS: by routes (Gateway) or by network interfaces (Interface)."""

    type: ClassVar[str] = "AWS::EC2::VPCEndpoint"
    service: ClassVar[str] = "ec2"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the endpoint."""
        answer = self.client(place).create_vpc_endpoint(
            **chosen(
                properties, "VpcId", "ServiceName", "VpcEndpointType", "PrivateDnsEnabled",
                "RouteTableIds", "SubnetIds", "SecurityGroupIds",
            ),
            **_tagged("vpc-endpoint", properties),
        )  # fmt: skip
        made = answer["VpcEndpoint"]["VpcEndpointId"]
        return Made(made, {"Id": made})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Let it reach other subnets and tables, by other groups."""
        changed: dict[str, list[str]] = {}
        lists = {"RouteTable": "RouteTableIds", "Subnet": "SubnetIds"}
        lists["SecurityGroup"] = "SecurityGroupIds"
        for kind, name in lists.items():
            had, wanted = (set(properties.get(name) or ()) for properties in (before, after))
            for verb, ids in (("Add", wanted - had), ("Remove", had - wanted)):
                changed |= {f"{verb}{kind}Ids": sorted(ids)} if ids else {}
        client = self.client(place)
        if changed:
            client.modify_vpc_endpoint(VpcEndpointId=made.id, **changed)
        _retag(client, made.id, before, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the endpoint."""
        del properties
        self.client(place).delete_vpc_endpoints(VpcEndpointIds=[made.id])


def _permission(rule: Properties) -> dict[str, Any]:
    """A rule of CloudFormation as EC2 takes it."""
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    ranges = [{"CidrIp": rule["CidrIp"], **described}] if "CidrIp" in rule else []
    return {**chosen(rule, "IpProtocol", "FromPort", "ToPort"), "IpRanges": ranges}


TYPES = (
    Vpc, Subnet, FlowLog, InternetGateway, VpcGatewayAttachment, RouteTable, Route, SubnetRoutes,
    SecurityGroup, Address, NatGateway, VpcEndpoint,
)  # fmt: skip
