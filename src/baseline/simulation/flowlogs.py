"""Flow logs that arrive: records of the last whole interval, for every flow log to a bucket.

Plausible traffic, not a record of anything. Format, fields and names of the objects are those of
the VPC user guide, "Flow log records" and "Flow log files".
"""

import datetime as dt
import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from isal import igzip
from moto.ec2.models import ec2_backends

from baseline.simulation import bucket

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

Row = dict[str, Any]

_PRINCIPAL = "delivery.logs.amazonaws.com"
_FIELD = re.compile(r"\$\{([a-z0-9-]+)\}")
_NO_VALUE = "-"
_RECORDS = 24
_TCP = 6
_SCANNERS = ("203.0.113.9", "203.0.113.66", "198.51.100.231")
_SCANNED_PORTS = (22, 23, 445, 3389, 6379, 8080)
_HIVE = ("aws-account-id", "aws-service", "aws-region", "year", "month", "day", "hour")
_TRAFFIC = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action")


def deliver(simulation: "Simulation") -> int:
    """Write what no bucket has yet; how many objects. Telling twice writes nothing twice."""
    written = 0
    for account_id in simulation.account_ids():
        # Only regions that somebody has used: asking moto for another one would make its VPC.
        for region, backend in list(ec2_backends[account_id].items()):
            for flow_log in list(backend.flow_logs.values()):
                if flow_log.log_destination_type == "s3":
                    place = _Place(simulation, account_id, region, flow_log)
                    written += place.deliver()
    return written


class _Place:
    """One flow log and the object that is due now."""

    def __init__(
        self, simulation: "Simulation", account_id: str, region: str, flow_log: Any
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.flow_log = flow_log
        self.seed = simulation.blueprint.seed
        self.organization_id = simulation.blueprint.organization_id
        kept = simulation.service("ec2").destinations.get(flow_log.id, {})
        arn = kept.get("LogDestination", flow_log.log_destination)
        self.bucket, _, prefix = arn.split(":", 5)[5].partition("/")
        self.prefix = prefix.strip("/")
        self.options = kept.get("DestinationOptions", {})
        interval = int(flow_log.max_aggregation_interval)
        self.end = int(simulation.clock.now().timestamp()) // interval * interval
        self.start = self.end - interval

    def deliver(self) -> int:
        """Write the object unless it is there, or the bucket does not let us in."""
        key = self._key()
        if bucket.find(self.bucket) is None or bucket.holds(self.bucket, key):
            return 0
        context = {
            "aws:SourceAccount": self.account_id,
            "aws:SourceArn": f"arn:aws:logs:{self.region}:{self.account_id}:*",
            "aws:SourceOrgID": self.organization_id,
        }
        if not bucket.lets_in(self.bucket, _PRINCIPAL, key, context):
            return 0
        time = dt.datetime.fromtimestamp(self.end, dt.UTC)
        body = igzip.compress(self._text().encode(), mtime=0)
        bucket.write(self.bucket, key, body, time=time, content_type="application/octet-stream")
        return 1

    def _key(self) -> str:
        start = dt.datetime.fromtimestamp(self.start, dt.UTC)
        unique = hashlib.sha256(f"{self.flow_log.id}/{self.start}".encode()).hexdigest()[:8]
        name = (
            f"{self.account_id}_vpcflowlogs_{self.region}_{self.flow_log.id}"
            f"_{start:%Y%m%dT%H%MZ}_{unique}.log.gz"
        )
        return "/".join(part for part in (self.prefix, self._folder(start), name) if part)

    def _folder(self, start: dt.datetime) -> str:
        """The folder of a time, with names of partitions or an hour when that was chosen."""
        values = [self.account_id, "vpcflowlogs", self.region, *f"{start:%Y/%m/%d}".split("/")]
        values += [f"{start:%H}"] if self.options.get("PerHourPartition") else []
        if self.options.get("HiveCompatiblePartitions"):
            values = [f"{name}={value}" for name, value in zip(_HIVE, values, strict=False)]
        return "/".join(["AWSLogs", *values])

    def _text(self) -> str:
        fields = _FIELD.findall(self.flow_log.log_format)
        lines = [" ".join(str(row.get(f, _NO_VALUE)) for f in fields) for row in self._rows()]
        return "\n".join([" ".join(fields), *lines]) + "\n"

    def _rows(self) -> Iterator[Row]:
        random = Random(f"{self.seed}/{self.flow_log.id}/{self.start}")  # noqa: S311 - not a secret
        wanted = self.flow_log.traffic_type or "ALL"
        network = ipaddress.ip_network(self._cidr())
        common = self._common(random)
        for _ in range(_RECORDS):
            row = random.choice(_KINDS)(random, network)
            if wanted in ("ALL", row["action"]):
                yield (
                    common | row | {"log-status": "OK", "tcp-flags": 2, "flow-direction": "ingress"}
                )
        # An interface without traffic, and one of which records were lost.
        for number, status in enumerate(("NODATA", "SKIPDATA")):
            interface = f"{common['interface-id'][:-1]}{number}"
            yield common | {"interface-id": interface, "log-status": status}

    def _common(self, random: Random) -> Row:
        resource = self.flow_log.resource_id
        own = resource if resource.startswith("eni-") else f"eni-{random.getrandbits(64):016x}f"
        return {
            "version": _version(self.flow_log.log_format),
            "account-id": self.account_id,
            "interface-id": own,
            "start": self.start + random.randrange(60),
            "end": self.end - random.randrange(60),
            "region": self.region,
            "vpc-id": resource if resource.startswith("vpc-") else _NO_VALUE,
            "subnet-id": resource if resource.startswith("subnet-") else _NO_VALUE,
            "type": "IPv4",
        }

    def _cidr(self) -> str:
        backend = ec2_backends[self.account_id][self.region]
        resource = self.flow_log.resource_id
        if resource.startswith("vpc-"):
            return str(backend.get_vpc(resource).cidr_block)
        return "10.0.0.0/24"


def _version(log_format: str) -> int:
    """The version of a format is that of its youngest field."""
    fields = set(_FIELD.findall(log_format))
    return max((v for v, names in _SINCE.items() if fields & names), default=2)


_SINCE: Mapping[int, frozenset[str]] = {
    3: frozenset(
        ("vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr")
    ),
    4: frozenset(("region", "az-id", "sublocation-type", "sublocation-id")),
    5: frozenset(("pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path")),
}


def _row(
    ends: tuple[str, str], ports: tuple[int, int], amount: tuple[int, int], action: str
) -> Row:
    values = (*ends, *ports, _TCP, *amount, action)
    packet = {"pkt-srcaddr": ends[0], "pkt-dstaddr": ends[1]}
    return dict(zip(_TRAFFIC, values, strict=True)) | packet


def _visit(random: Random, network: Any) -> Row:
    packets = random.randint(5, 400)
    ends = (f"192.0.2.{random.randint(1, 254)}", str(network[10]))
    return _row(ends, (_ephemeral(random), 443), (packets, packets * 700), "ACCEPT")


def _query(random: Random, network: Any) -> Row:
    packets = random.randint(5, 60)
    ends = (str(network[10]), str(network[12]))
    return _row(ends, (_ephemeral(random), 5432), (packets, packets * 300), "ACCEPT")


def _scan(random: Random, network: Any) -> Row:
    ends = (random.choice(_SCANNERS), str(network[10]))
    return _row(ends, (_ephemeral(random), random.choice(_SCANNED_PORTS)), (1, 40), "REJECT")


def _ephemeral(random: Random) -> int:
    return random.randint(32768, 60999)


_KINDS: tuple[Callable[[Random, Any], Row], ...] = (_visit, _visit, _query, _scan)
