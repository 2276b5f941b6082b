"""Flow logs that arrive: records of the last whole interval, in buckets and in log groups.

Plausible traffic, not a record of anything. Format, fields and names of the objects are those of
the VPC user guide, "Flow log records" and "Flow log files". All flow logs of a network tell of the
same traffic.
"""

import datetime as dt
import hashlib
import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from isal import igzip
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from baseline.simulation import bucket
from baseline.simulation.flow_log_buckets import PRINCIPAL, context
from baseline.simulation.parquet import flow_records

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

Row = dict[str, Any]

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
                place = _Place(simulation, account_id, region, flow_log)
                if flow_log.log_destination_type == "s3":
                    written += place.deliver()
                else:
                    place.tell()
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
        self.told = simulation.service("ec2").told
        kept = simulation.service("ec2").destinations.get(flow_log.id, {})
        arn = str(kept.get("LogDestination") or flow_log.log_destination or "")
        self.bucket, _, prefix = arn.rpartition(":")[2].partition("/")
        self.prefix = prefix.strip("/")
        self.options = kept.get("DestinationOptions", {})
        interval = int(flow_log.max_aggregation_interval)
        self.end = int(simulation.clock.now().timestamp()) // interval * interval
        self.start = self.end - interval

    def deliver(self) -> int:
        """Write the object unless it is there, or the bucket does not let us in."""
        key, there = self._key(), bucket.find(self.bucket) is not None
        if there and bucket.holds(self.bucket, key):
            return 0
        sent = context(self.account_id, self.region, self.organization_id)
        if not self._ended(well=there and bucket.lets_in(self.bucket, PRINCIPAL, key, sent)):
            return 0
        time = dt.datetime.fromtimestamp(self.end, dt.UTC)
        body = self._columns() if self._in_parquet else igzip.compress(self._text(), mtime=0)
        bucket.write(self.bucket, key, body, time=time, content_type="application/octet-stream")
        return 1

    def tell(self) -> None:
        """Put the records into the log group, once, if there is one and the role may."""
        backend: Any = logs_backends[self.account_id][self.region]
        group = self.flow_log.log_group_name
        if not self._ended(well=group in backend.groups and self._has_role()):
            return
        if self.told.get(self.flow_log.id, 0) >= self.end:
            return
        self.told[self.flow_log.id] = self.end
        for stream, events in self._events().items():
            backend.ensure_log_stream(group, stream)
            backend.groups[group].put_log_events(stream, events)

    def _events(self) -> dict[str, list[dict[str, Any]]]:
        """A line for each record, by the log stream of its interface."""
        events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        fields = self._fields()
        for row in self._rows():
            event = {"timestamp": self.end * 1000, "message": _line(row, fields)}
            events[f"{row['interface-id']}-all"].append(event)
        return events

    def _has_role(self) -> bool:
        roles = iam_backends[self.account_id]["aws"].roles.values()
        return any(role.arn == self.flow_log.deliver_logs_permission_arn for role in roles)

    def _ended(self, *, well: bool) -> bool:
        """Keep how the delivery went, as DescribeFlowLogs tells it."""
        self.flow_log.deliver_logs_status = "SUCCESS" if well else "FAILED"
        self.flow_log.deliver_logs_error_message = None if well else "Access error"
        return well

    @property
    def _in_parquet(self) -> bool:
        return bool(self.options.get("FileFormat") == "parquet")

    def _key(self) -> str:
        start = dt.datetime.fromtimestamp(self.start, dt.UTC)
        unique = hashlib.sha256(f"{self.flow_log.id}/{self.start}".encode()).hexdigest()[:8]
        name = (
            f"{self.account_id}_vpcflowlogs_{self.region}_{self.flow_log.id}"
            f"_{start:%Y%m%dT%H%MZ}_{unique}.log.{'parquet' if self._in_parquet else 'gz'}"
        )
        return "/".join(part for part in (self.prefix, self._folder(start), name) if part)

    def _folder(self, start: dt.datetime) -> str:
        """The folder of a time, with names of partitions or an hour when that was chosen."""
        values = [self.account_id, "vpcflowlogs", self.region, *f"{start:%Y/%m/%d}".split("/")]
        values += [f"{start:%H}"] if self.options.get("PerHourPartition") else []
        if self.options.get("HiveCompatiblePartitions"):
            values = [f"{name}={value}" for name, value in zip(_HIVE, values, strict=False)]
        return "/".join(["AWSLogs", *values])

    def _fields(self) -> list[str]:
        return _FIELD.findall(self.flow_log.log_format)

    def _text(self) -> bytes:
        fields = self._fields()
        lines = [" ".join(fields), *(_line(row, fields) for row in self._rows())]
        return "".join(f"{line}\n" for line in lines).encode()

    def _columns(self) -> bytes:
        return flow_records(self._fields(), self._rows())

    def _rows(self) -> Iterator[Row]:
        random = Random(f"{self.seed}/{self.flow_log.resource_id}/{self.start}")  # noqa: S311 - not a secret
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


def _line(row: Row, fields: Iterable[str]) -> str:
    return " ".join(str(row.get(field, _NO_VALUE)) for field in fields)


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
