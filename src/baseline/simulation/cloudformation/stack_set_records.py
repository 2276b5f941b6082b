"""What CloudFormation remembers of StackSets; plain values, so that a snapshot can hold them."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from baseline.simulation.cloudformation.wanted import Tags

Key = tuple[str, str]  # account id, region


@dataclass
class Instance:
    """A stack instance: what a StackSet has, or tried to have, in one account and region."""

    account_id: str
    region: str
    status: str = "OUTDATED"
    detailed: str = "PENDING"
    reason: str = ""
    stack_id: str = ""
    overrides: dict[str, str] = field(default_factory=dict)
    last_operation: str = ""


@dataclass
class Result:
    """How an operation went in one account and region."""

    status: str = "PENDING"
    reason: str = ""


@dataclass
class Operation:
    """One operation on a StackSet. ``accounts`` are those of each region it goes through."""

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
    """A template that is rolled out to accounts and regions, and what became of it there."""

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
