"""What a baseline costs a month, roughly: its size, what is assumed to go on, and prices. Pure.

An estimate is a range: nobody knows beforehand how much happens in the accounts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from baseline.configuration import Configuration
from baseline.organization import Target
from baseline.rollout import delegation, intended, inviting, service_managed
from baseline.rollout.catalogue import (
    ANALYTICS,
    MEMBERS,
    ORGANIZATION_TRAIL,
    RULES,
    STORAGE,
    VPC,
    Baseline,
    Part,
)
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.intended import Where

_HOURS = 730  # of a month, as AWS counts
_GB = 1_000_000_000
_DAYS_A_MONTH = 30.4


@dataclass(frozen=True)
class Price:
    """US dollars for ``per`` of a ``unit``; the ``page`` that says so, and when it was ``seen``."""

    usd: float
    per: int
    unit: str
    page: str
    seen: str


@dataclass(frozen=True)
class Assumption:
    """What goes on: little, what is usual, and much."""

    low: float
    usual: float
    high: float
    what: str


ASSUMPTIONS: Mapping[str, Assumption] = {
    "events": Assumption(50_000, 500_000, 5_000_000, "management events of an account a month"),
    "event_bytes": Assumption(1_200, 1_500, 2_500, "bytes of an event, as text"),
    "packed": Assumption(0.08, 0.12, 0.2, "share of that which is left in the bucket, compressed"),
    "other_trails": Assumption(0, 0, 1, "other trails that an account has and pays this copy for"),
    "objects": Assumption(500, 3_000, 9_500, "log files of an account and region a month"),
    "traffic_gb": Assumption(0, 5, 100, "GB of flow and DNS logs that GuardDuty reads, an account"),
    "items": Assumption(300, 3_000, 30_000, "changes that Config records in an account a month"),
    "evaluations": Assumption(0.2, 0.5, 2, "evaluations of rules for each change"),
    "flow_log_gb": Assumption(0.5, 10, 200, "GB of flow logs of a network of the baseline's"),
    "nat_gb": Assumption(1, 50, 1_000, "GB through a NAT gateway"),
    "scanned_tb": Assumption(0.01, 0.1, 2, "TB that queries on Athena read, all together"),
    "months": Assumption(1, 12, 84, "months of logs in the buckets; at most the retention"),
}
SCENARIOS = ("low", "usual", "high")
Usage = Mapping[str, float]


@dataclass(frozen=True)
class Size:
    """How much there is of what is paid for; what is adopted is paid for already."""

    detected: int = 0  # accounts with a detector
    recorded: int = 0  # accounts with a recorder
    compared: int = 0  # accounts with rules
    logged: int = 0  # accounts with a trail
    trails: int = 0
    keys: int = 0
    work_groups: int = 0
    networks: int = 0
    gateways: int = 0
    interfaces: int = 0
    log_months: float = 0
    flow_log_months: float = 0
    most_months: float = 0


@dataclass(frozen=True)
class Line:
    """One thing that is paid for: how much of it, at which price."""

    service: str
    what: str
    price: str
    quantity: Callable[[Size, Usage], float]


@dataclass(frozen=True)
class Estimate:
    """What a line comes to a month in each scenario: quantities, and US dollars."""

    line: Line
    quantities: Mapping[str, float]
    dollars: Mapping[str, float]


@cache
def prices() -> Mapping[str, Price]:
    """The price table, by name."""
    text = (resources.files("baseline.rollout") / "prices.yaml").read_text(encoding="utf-8")
    return {name: Price(**said) for name, said in yaml.safe_load(text).items()}


def _event_gb(size: Size, use: Usage) -> float:
    return size.logged * use["events"] * use["event_bytes"] / _GB


def _kept_gb(size: Size, use: Usage) -> float:
    """What a month adds to the buckets."""
    return _event_gb(size, use) * use["packed"] + _flow_gb(size, use) * use["packed"]


def _flow_gb(size: Size, use: Usage) -> float:
    return size.networks * use["flow_log_gb"]


def _log_groups_gb(size: Size, use: Usage) -> float:
    return (
        _event_gb(size, use) * size.log_months + _flow_gb(size, use) * size.flow_log_months
    ) * use["packed"]


LINES = (
    Line(
        "guardduty", "management events", "guardduty-events",
        lambda s, u: s.detected * u["events"],
    ),
    Line(
        "guardduty", "flow and DNS logs", "guardduty-bytes",
        lambda s, u: s.detected * u["traffic_gb"],
    ),
    Line("config", "recorded changes", "config-items", lambda s, u: s.recorded * u["items"]),
    Line(
        "config", "evaluations of rules", "config-evaluations",
        lambda s, u: s.compared * u["items"] * u["evaluations"],
    ),
    Line(
        "cloudtrail", "events, beyond an account's first copy", "cloudtrail-copies",
        lambda s, u: s.logged * u["events"] * u["other_trails"],
    ),
    Line("logs", "events into log groups", "logs-ingested", _event_gb),
    Line("logs", "flow logs into log groups", "logs-ingested", _flow_gb),
    Line("logs", "flow logs into the bucket", "logs-delivered", _flow_gb),
    Line("logs", "kept in log groups", "logs-stored", _log_groups_gb),
    Line(
        "s3", "kept in the buckets", "s3-stored",
        lambda s, u: _kept_gb(s, u) * min(u["months"], s.most_months),
    ),
    Line("s3", "log files written", "s3-puts", lambda s, u: s.trails * u["objects"]),
    Line("kms", "the key", "kms-keys", lambda s, _: s.keys),
    Line("kms", "log files encrypted", "kms-requests", lambda s, u: s.trails * u["objects"]),
    Line(
        "athena", "read by queries", "athena-scanned", lambda s, u: s.work_groups * u["scanned_tb"]
    ),
    Line("vpc", "NAT gateways", "nat-hours", lambda s, _: s.gateways * _HOURS),
    Line("vpc", "their addresses", "address-hours", lambda s, _: s.gateways * _HOURS),
    Line("vpc", "through NAT gateways", "nat-bytes", lambda s, u: s.gateways * u["nat_gb"]),
    Line("vpc", "interface endpoints", "endpoint-hours", lambda s, _: s.interfaces * _HOURS),
)  # fmt: skip


def estimate(size: Size, given: Mapping[str, float]) -> Iterator[Estimate]:
    """What each line comes to; ``given`` are assumptions that are known better."""
    usages = {scenario: _usage(scenario, given) for scenario in SCENARIOS}
    for line in LINES:
        price = prices()[line.price]
        quantities = {name: line.quantity(size, usage) for name, usage in usages.items()}
        dollars = {name: much * price.usd / price.per for name, much in quantities.items()}
        yield Estimate(line, quantities, dollars)


def _usage(scenario: str, given: Mapping[str, float]) -> Usage:
    assumed = {name: getattr(assumption, scenario) for name, assumption in ASSUMPTIONS.items()}
    return {**assumed, **given}


def size(baseline: Baseline, configuration: Configuration, choice: Choice) -> Size:
    """How much of what is paid for the chosen parts of ``baseline`` have."""
    there = _Chosen(baseline, choice)
    adopted = baseline.adopted
    trails = there.trails()
    detectors = there.of(inviting.FIRST) | there.of(MEMBERS) | there.delegated()
    kinds = _networks(baseline, there.of(VPC))
    return Size(
        detected=_accounts(detectors - adopted.detectors.keys()),
        recorded=_accounts(there.of("auditing") - adopted.recorders),
        compared=_accounts(there.of(RULES)),
        logged=_accounts(trails),
        trails=len(trails),
        keys=len(there.of(STORAGE)),
        work_groups=len(there.of(ANALYTICS)),
        networks=len(there.of(VPC)),
        gateways=kinds["AWS::EC2::NatGateway"],
        interfaces=kinds["interfaces"],
        log_months=configuration.cloudtrail.log_group_days / _DAYS_A_MONTH,
        flow_log_months=configuration.vpc.log_group_days / _DAYS_A_MONTH,
        most_months=configuration.storage.retention_days / _DAYS_A_MONTH,
    )


@dataclass(frozen=True)
class _Chosen:
    """Where each chosen stack and StackSet is."""

    baseline: Baseline
    choice: Choice

    def of(self, name: str) -> frozenset[Target]:
        """The targets of the stack or the StackSets of the template ``name`` that are chosen."""
        parts = [s.part for s in self.baseline.stacks if s.name == name]
        parts += [
            Part(name, target)
            for stack_set in self.baseline.stack_sets
            if service_managed.family(stack_set.name) == name
            for target in stack_set.targets
        ]
        return frozenset(part.target for part in parts if self.choice.has(part))

    def trails(self) -> frozenset[Target]:
        """Where there are events of a trail of the baseline's: its own, or the organization's."""
        if self.baseline.has_one_trail:
            everywhere = replace(self, choice=EVERYTHING).of("auditing")
            return everywhere if self.of(ORGANIZATION_TRAIL) else frozenset()
        return self.of("auditing") - self.baseline.adopted.trails

    def delegated(self) -> frozenset[Target]:
        """Where an administrator switches detectors on."""
        wanted = self.baseline.delegation
        if wanted is None:
            return frozenset()
        targets = (
            Target(account, region)
            for region, members in wanted.accounts.items()
            for account in (wanted.administrator, *members)
        )
        return frozenset(t for t in targets if self.choice.has(Part(delegation.NAME, t)))


def _accounts(targets: frozenset[Target]) -> int:
    return len({target.account_id for target in targets})


def _networks(baseline: Baseline, targets: frozenset[Target]) -> Counter[str]:
    """Resources of networks by their type, and the network interfaces of endpoints."""
    wanted, counts = baseline.stack_set(VPC), Counter[str]()
    types = baseline.types(VPC)
    for target in targets:
        where = Where(target.account_id, target.region, "aws")
        made = intended.resources(wanted.body, wanted.given(target.account_id), where)
        for name, properties in made.items():
            counts[types[name]] += 1
            counts["interfaces"] += _interfaces(properties)
    return counts


def _interfaces(properties: Mapping[str, Any]) -> int:
    """An interface endpoint is paid for in each zone."""
    interface = properties.get("VpcEndpointType") == "Interface"
    return len(properties.get("SubnetIds", ())) if interface else 0
