"""What CloudFormation remembers of StackSets; plain values, so that a snapshot can hold them."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from baseline.simulation.cloudformation.drift import ResourceDrift
from baseline.simulation.cloudformation.wanted import Tags

Key = tuple[str, str]  # account id, region
FAILED_IMPORT = "FAILED_IMPORT"


@dataclass
class Instance:
    """A stack instance: what a StackSet has, or tried to have, in one account and region.

    ``unit`` is the root or OU by which a service-managed StackSet was meant to be there.
    """

    account_id: str
    region: str
    status: str = "OUTDATED"
    detailed: str = "PENDING"
    reason: str = ""
    stack_id: str = ""
    overrides: dict[str, str] = field(default_factory=dict)
    last_operation: str = ""
    unit: str = ""
    drift: str = "NOT_CHECKED"
    drift_checked: dt.datetime | None = None


@dataclass
class Result:
    """How an operation went in one account and region."""

    status: str = "PENDING"
    reason: str = ""


@dataclass
class Operation:
    """One operation on a StackSet. ``accounts`` are those of each region it goes through.

    ``targets`` are the DeploymentTargets of a service-managed one, as they were given, ``imports``
    the stacks that it takes in as instances, ``drifts`` what one that looks has found.
    """

    id: str
    action: str
    created: dt.datetime
    preferences: dict[str, Any]
    accounts: dict[str, list[str]]
    retain: bool = False
    status: str = "RUNNING"
    reason: str = ""
    ended: dt.datetime | None = None
    results: dict[Key, Result] = field(default_factory=dict)
    targets: dict[str, Any] = field(default_factory=dict)
    imports: dict[Key, str] = field(default_factory=dict)
    drifts: dict[Key, tuple[ResourceDrift, ...]] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether it does more than look."""
        return self.action != "DETECT_DRIFT"

    @property
    def open(self) -> bool:
        """Whether it has not ended yet."""
        return self.ended is None

    @property
    def failures(self) -> int:
        """In how many accounts and regions it failed."""
        return sum(result.status == "FAILED" for result in list(self.results.values()))


@dataclass
class StackSet:
    """A template that is rolled out to accounts and regions, and what became of it there.

    A service-managed one may deploy by itself (``automatic``) to accounts that come into its
    ``units``, in their regions, after the StackSets whose ARNs are in ``after``.
    """

    id: str
    name: str
    account_id: str
    region: str
    body: str
    parameters: dict[str, str]
    tags: Tags
    description: str = ""
    capabilities: tuple[str, ...] = ()
    administration_role: str = ""
    execution_role: str = ""
    managed: bool = False
    service_managed: bool = False
    automatic: bool = False
    keeps_stacks: bool = False
    after: tuple[str, ...] = ()
    units: dict[str, set[str]] = field(default_factory=dict)
    status: str = "ACTIVE"
    instances: dict[Key, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN that policies name it by."""
        return f"arn:aws:cloudformation:{self.region}:{self.account_id}:stackset/{self.id}"

    def chosen(self, accounts: list[str], regions: list[str]) -> list[Key]:
        """Every pair of the accounts and the regions."""
        return [(account, region) for region in regions for account in accounts]
