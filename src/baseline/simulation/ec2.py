"""EC2 where moto differs from AWS: which regions there are, flow logs to a prefix, defaults."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any, ClassVar

import botocore.session
from moto.ec2.models import ec2_backends

from baseline.simulation import flow_log_buckets, flowlogs
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

_EBS_KEY = "alias/aws/ebs"


class Ec2(Service):
    """Regions are those of the organization's blueprint; the rest is moto's."""

    name: ClassVar[str] = "ec2"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.destinations: dict[str, Answer] = {}  # by flow log id: what moto does not keep
        # By flow log id: the end of the last interval that a log group has.
        self.told: dict[str, int] = {}

    def describe_regions(self, call: Call) -> Answer:
        """The enabled regions, or with ``AllRegions`` all; filtered as AWS filters."""
        enabled = set(self.simulation.blueprint.regions)
        regions = [_region(name, enabled) for name in sorted({*_known_regions(), *enabled})]
        wanted = call.parameters.get("RegionNames")
        unknown = set(wanted or ()) - {region["RegionName"] for region in regions}
        if unknown:
            raise Refusal("InvalidParameterValue", f"Invalid region names: {sorted(unknown)}")
        return {
            "Regions": [
                region
                for region in regions
                if (call.parameters.get("AllRegions") or region["OptInStatus"] != "not-opted-in")
                and (not wanted or region["RegionName"] in wanted)
                and _passes(region, call.parameters.get("Filters") or ())
            ]
        }

    def create_flow_logs(self, call: Call) -> Answer:
        """Flow logs; a destination in S3 may have a key prefix, and there is one of each."""
        destination = call.parameters.get("LogDestination") or ""
        if not destination.startswith("arn:aws:s3:::"):
            return self.moto(call)
        for resource_id in call.parameters["ResourceIds"]:
            self._refuse_duplicate(call, resource_id, destination)
        bucket = destination.partition("/")[0]
        try:
            flow_log_buckets.accept(call, destination, self.simulation.blueprint.organization_id)
        except Refusal as refusal:
            return _unsuccessful(call, refusal)
        asked = {**call.parameters, "LogDestination": bucket}
        answer = self.moto(dataclasses.replace(call, parameters=asked))
        kept = {"LogDestination": destination}
        if call.parameters.get("DestinationOptions"):
            kept["DestinationOptions"] = call.parameters["DestinationOptions"]
        self.destinations.update(dict.fromkeys(answer.get("FlowLogIds", ()), kept))
        return answer

    def describe_flow_logs(self, call: Call) -> Answer:
        """Flow logs with the destination they were given."""
        answer = self.moto(call)
        for log in answer.get("FlowLogs", ()):
            log.update(self.destinations.get(log["FlowLogId"], {}))
        return answer

    def delete_flow_logs(self, call: Call) -> Answer:
        """Forget the destination with the flow log."""
        answer = self.moto(call)
        for flow_log_id in call.parameters["FlowLogIds"]:
            self.destinations.pop(flow_log_id, None)
        return {"Unsuccessful": [], **answer}

    def modify_vpc_endpoint(self, call: Call) -> Answer:
        """Change an endpoint; that of a gateway has routes in its tables, which moto forgets."""
        answer, asked = self.moto(call), call.parameters
        backend = ec2_backends[call.account_id][call.region]
        endpoint = backend.vpc_end_points[asked["VpcEndpointId"]]
        target = endpoint.destination_prefix_list_id
        if target:
            for table in asked.get("AddRouteTableIds", ()):
                backend.create_route(
                    table, None, gateway_id=endpoint.id, destination_prefix_list_id=target
                )
            for table in asked.get("RemoveRouteTableIds", ()):
                backend.delete_route(table, target)
        return answer

    def get_ebs_default_kms_key_id(self, call: Call) -> Answer:
        """The key that AWS manages, as nobody chose another."""
        return {"KmsKeyId": f"arn:aws:kms:{call.region}:{call.account_id}:{_EBS_KEY}"}

    def get_snapshot_block_public_access_state(self, _call: Call) -> Answer:
        """Nothing is blocked until somebody says so."""
        return {"State": "unblocked", "ManagedBy": "account"}

    def get_image_block_public_access_state(self, _call: Call) -> Answer:
        """Nothing is blocked until somebody says so."""
        return {"ImageBlockPublicAccessState": "unblocked", "ManagedBy": "account"}

    def get_instance_metadata_defaults(self, _call: Call) -> Answer:
        """No account-level defaults."""
        return {"AccountLevel": {}}

    def describe_client_vpn_endpoints(self, _call: Call) -> Answer:
        """There are none."""
        return {"ClientVpnEndpoints": []}

    def deliver(self) -> int:
        """Write the flow logs that are due."""
        return flowlogs.deliver(self.simulation)

    def _refuse_duplicate(self, call: Call, resource_id: str, destination: str) -> None:
        filters = [{"Name": "resource-id", "Values": [resource_id]}]
        asked = dataclasses.replace(
            call, operation="DescribeFlowLogs", parameters={"Filter": filters}
        )
        existing = self.describe_flow_logs(asked).get("FlowLogs", ())
        if any(log.get("LogDestination") == destination for log in existing):
            raise Refusal(
                "FlowLogAlreadyExists",
                "Error. There is an existing Flow Log with the same configuration and log"
                " destination.",
            )


def _unsuccessful(call: Call, refusal: Refusal) -> Answer:
    """A refusal as EC2 says it: within an answer."""
    error = {"Code": refusal.code, "Message": refusal.message}
    refused = [{"ResourceId": r, "Error": error} for r in call.parameters["ResourceIds"]]
    return {"FlowLogIds": [], "Unsuccessful": refused}


@functools.cache
def _known_regions() -> tuple[str, ...]:
    return tuple(botocore.session.get_session().get_available_regions("ec2"))


def _region(name: str, enabled: set[str]) -> dict[str, str]:
    return {
        "RegionName": name,
        "Endpoint": f"ec2.{name}.amazonaws.com",
        "OptInStatus": "opt-in-not-required" if name in enabled else "not-opted-in",
    }


def _passes(region: dict[str, str], filters: Iterable[dict[str, Any]]) -> bool:
    fields = {
        "endpoint": region["Endpoint"],
        "opt-in-status": region["OptInStatus"],
        "region-name": region["RegionName"],
    }
    for one in filters:
        if one["Name"] not in fields:
            raise Refusal("InvalidParameterValue", f"The filter '{one['Name']}' is invalid")
        if fields[one["Name"]] not in one["Values"]:
            return False
    return True
