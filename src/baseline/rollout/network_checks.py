"""What is asked of a network: that it is there and closed, and where its flow logs go."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baseline.rollout.catalogue import VPC
from baseline.rollout.coverage import Check, Look, Missing, Place, require, unlike
from baseline.rollout.intended import Properties
from baseline.rollout.trail_checks import log_group


def _filtered(**wanted: str) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in wanted.items()]


def _network(place: Place) -> Any:
    """The network with the wanted addresses and name; raises Missing when there is none."""
    wanted = place.intended(VPC, "Vpc")
    found = place.ask("ec2", "describe_vpcs", Filters=_filtered(cidr=wanted["CidrBlock"]))["Vpcs"]
    for vpc in found:
        if _name(vpc) == _name(wanted):
            return vpc
    raise Missing(f"no network {wanted['CidrBlock']} called {_name(wanted)}")


def _name(tagged: Mapping[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in tagged.get("Tags", ())}
    return str(tags.get("Name", ""))


def _there(place: Place) -> str:
    vpc, wanted = _network(place), place.intended(VPC, "Vpc")
    require(_dns(place, vpc["VpcId"], wanted))
    return f"{vpc['VpcId']}, {vpc['CidrBlock']}"


def _dns(place: Place, vpc_id: str, wanted: Properties) -> Iterator[str]:
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        attribute = name[0].lower() + name[1:]
        answer = place.ask("ec2", "describe_vpc_attribute", VpcId=vpc_id, Attribute=attribute)
        yield from unlike({name: answer[name]["Value"]}, {name: wanted[name]})


def _subnets(place: Place) -> str:
    """Each where the template says, and public ones only where they are wanted."""
    filters = _filtered(vpc_id=_network(place)["VpcId"])
    answer = place.ask("ec2", "describe_subnets", Filters=filters)
    found = {_name(subnet): subnet["CidrBlock"] for subnet in answer["Subnets"]}
    wanted = {
        _name(properties): properties["CidrBlock"]
        for name, properties in place.all_intended(VPC).items()
        if "MapPublicIpOnLaunch" in properties
    }
    require(unlike(found, dict.fromkeys(found) | wanted))
    return f"{len(wanted)} subnets"


def _default_group(place: Place) -> str:
    filters = _filtered(vpc_id=_network(place)["VpcId"], group_name="default")
    (group,) = place.ask("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"]
    rules = [*group["IpPermissions"], *group["IpPermissionsEgress"]]
    if rules:
        raise Missing(
            f"{group['GroupId']} has {len(rules)} rules",
            "Take them out: aws ec2 revoke-security-group-ingress, revoke-security-group-egress",
        )
    return "closed"


def _flow_log(resource: str, destination: Callable[[Properties], str]) -> Look:
    """Whether there is the flow log ``resource`` of the template: active, whole, and delivered."""

    def look(place: Place) -> str:
        wanted = place.intended(VPC, resource)
        filters = _filtered(resource_id=_network(place)["VpcId"])
        logs = place.ask("ec2", "describe_flow_logs", Filter=filters)["FlowLogs"]
        target = destination(wanted)
        for found in logs:
            if target == (found.get("LogDestination") or found.get("LogGroupName")):
                require(_otherwise(found, wanted))
                return target
        raise Missing(f"no flow log to {target}")

    return look


def _otherwise(found: Any, wanted: Properties) -> Iterator[str]:
    intended = {name: wanted[name] for name in ("TrafficType", "MaxAggregationInterval")}
    intended |= {"FlowLogStatus": "ACTIVE"}
    intended |= {n: wanted[n] for n in ("LogFormat", "DestinationOptions") if n in wanted}
    yield from unlike(found, intended)
    if found.get("DeliverLogsStatus") == "FAILED":
        yield f"delivery fails: {found.get('DeliverLogsErrorMessage') or 'no cause given'}"


CHECKS = (
    Check("ec2", "network", _there),
    Check("ec2", "subnets", _subnets),
    Check("ec2", "default security group", _default_group),
    Check(
        "ec2",
        "log group of flow logs",
        lambda place: log_group(place, place.intended(VPC, "FlowLogGroup")),
    ),
    Check(
        "ec2",
        "flow log to the log group",
        _flow_log("FlowLogToLogGroup", lambda wanted: str(wanted["LogGroupName"])),
    ),
    Check(
        "ec2",
        "flow log to the bucket",
        _flow_log("FlowLogToBucket", lambda wanted: str(wanted["LogDestination"])),
    ),
)
