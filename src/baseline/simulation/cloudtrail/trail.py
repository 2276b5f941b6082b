"""One trail: moto's settings of it, and what it has done so far."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baseline.simulation import bucket
from baseline.simulation.cloudtrail import selectors
from baseline.simulation.cloudtrail.digests import Link
from baseline.simulation.cloudtrail.events import GLOBAL_SOURCES

PRINCIPAL = "cloudtrail.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it will stand in a log file: JSON in UTF-8."""

    account_id: str
    region: str
    time: dt.datetime
    text: bytes


@dataclass
class Trail:
    """State of the trail ``name`` whose home is ``region`` of ``account_id``.

    ``settings`` is moto's trail, which has bucket, prefix, log group, selectors and flags.
    """

    account_id: str
    region: str
    name: str
    settings: Any = None
    logging: bool = False
    started: dt.datetime | None = None
    stopped: dt.datetime | None = None
    delivered: dt.datetime | None = None
    digested: dt.datetime | None = None
    log_group_delivered: dt.datetime | None = None
    delivery_error: str = ""
    pending: list[Record] = field(default_factory=list)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account_id}:trail/{self.name}"

    def start(self, time: dt.datetime) -> None:
        """Log from now on; a new chain of digests begins."""
        if not self.logging:
            self.logging, self.started, self.links = True, time, {}

    def stop(self, time: dt.datetime) -> None:
        """Log no more; what is recorded already is still delivered."""
        self.logging, self.stopped = False, time

    def logged_at(self, time: dt.datetime) -> bool:
        """Whether it logs, or did when a call came in at ``time`` that is over only now."""
        return self.logging or (self.stopped is not None and time <= self.stopped)

    def covers(self, account_id: str, region: str) -> bool:
        """Whether the trail logs what happens there."""
        settings = self.settings
        return (region == self.region or settings.is_multi_region) and (
            account_id == self.account_id or settings.is_org_trail
        )

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether the event is one that the trail was told to record, where it looks.

        "Global service events" are recorded in us-east-1 since November 2021, so that only a trail
        that looks there gets them, and only when IncludeGlobalServiceEvents is on.
        """
        settings = self.settings
        if not self.covers(event["recipientAccountId"], event["awsRegion"]):
            return False
        if event["eventSource"] in GLOBAL_SOURCES and not settings.include_global_service_events:
            return False
        basic, advanced = settings.event_selectors, settings.advanced_event_selectors
        return selectors.selects(basic, advanced, event)

    def refused(self, organization_id: str) -> str:
        """Why nothing can be delivered: NoSuchBucket or AccessDenied; empty when it can."""
        settings = self.settings
        told = {
            "S3BucketName": settings.bucket_name,
            "S3KeyPrefix": settings.s3_key_prefix,
            "IsOrganizationTrail": settings.is_org_trail,
        }
        return bucket_problem(self, told, organization_id)


def bucket_problem(trail: Trail, settings: Mapping[str, Any], organization_id: str) -> str:
    """What is wrong with a bucket for this trail: NoSuchBucket, AccessDenied, or nothing.

    A trail of the organization has to be let in below its account and below the organization.
    """
    name, prefix = settings["S3BucketName"], settings.get("S3KeyPrefix")
    if bucket.find(name) is None:
        return "NoSuchBucket"
    context = {
        "aws:SourceArn": trail.arn,
        "aws:SourceAccount": trail.account_id,
        "aws:SourceOrgID": organization_id,
    }
    path = f"{prefix}/" if prefix else ""
    owners = [trail.account_id]
    owners += [organization_id] if settings.get("IsOrganizationTrail") else []
    keys = [f"{path}AWSLogs/{owner}/CloudTrail/{trail.region}/log.json.gz" for owner in owners]
    good = all(bucket.lets_in(name, PRINCIPAL, key, context) for key in keys)
    return "" if good else "AccessDenied"
