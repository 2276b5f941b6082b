"""What GuardDuty keeps: detectors, members, invitations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# What every detector does, whatever is asked for [GuardDuty: foundational data sources].
FOUNDATIONAL = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
# On unless switched off; runtime monitoring is off unless switched on [GuardDuty CreateDetector].
OPTIONAL = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
)
RUNTIME = ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")
# In few regions so far, and off unless switched on. Which, is a selection: the list is AWS's.
NEWEST = "AI_PROTECTION"
NEWEST_REGIONS = frozenset({"us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1"})
FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")


class Relationship(StrEnum):
    """How a member stands to its administrator [GuardDuty API: Member]."""

    CREATED = "Created"
    INVITED = "Invited"
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    REMOVED = "Removed"
    RESIGNED = "Resigned"
    EMAIL_VERIFICATION_IN_PROGRESS = "EmailVerificationInProgress"
    EMAIL_VERIFICATION_FAILED = "EmailVerificationFailed"


# An administrator's detector cannot go while it has members of these.
INVITED_OR_ASSOCIATED = frozenset(
    {Relationship.INVITED, Relationship.ENABLED, Relationship.DISABLED}
)
ASSOCIATED = frozenset({Relationship.ENABLED, Relationship.DISABLED})


@dataclass
class Member:
    """An account that an administrator knows; times are ISO 8601 texts, as the API has them."""

    account_id: str
    email: str
    updated_at: str
    status: Relationship = Relationship.CREATED
    invited_at: str | None = None
    invitation_id: str | None = None
    by_organization: bool = False

    def change(self, status: Relationship, at: str) -> None:
        """Stand in another relationship from ``at`` on."""
        self.status = status
        self.updated_at = at


@dataclass
class Detector:
    """GuardDuty in one account and region; ``administrator_id`` once an invitation is accepted."""

    id: str
    arn: str
    created_at: str
    updated_at: str
    enabled: bool
    frequency: str
    tags: dict[str, str]
    features: dict[str, dict[str, Any]]
    members: dict[str, Member] = field(default_factory=dict)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    administrator_id: str | None = None

    def set_features(self, wanted: list[dict[str, Any]], at: float) -> None:
        """Switch features on and off; those not named stay as they are."""
        for one in wanted:
            self.features[one["Name"]] = _feature(one, at)

    def described_features(self) -> list[dict[str, Any]]:
        """All features, the foundational ones first."""
        return list(self.features.values())

    def data_sources(self) -> dict[str, Any]:
        """The same in the words used before features."""

        def status(name: str) -> dict[str, str]:
            return {"Status": self.features[name]["Status"]}

        return {
            "CloudTrail": {"Status": "ENABLED"},
            "DNSLogs": {"Status": "ENABLED"},
            "FlowLogs": {"Status": "ENABLED"},
            "S3Logs": status("S3_DATA_EVENTS"),
            "Kubernetes": {"AuditLogs": status("EKS_AUDIT_LOGS")},
            "MalwareProtection": {
                "ScanEc2InstanceWithFindings": {"EbsVolumes": status("EBS_MALWARE_PROTECTION")}
            },
        }


def plans_of(region: str) -> frozenset[str]:
    """The features that can be switched in a region."""
    newest = (NEWEST,) if region in NEWEST_REGIONS else ()
    return frozenset((*OPTIONAL, *RUNTIME, *newest))


def default_features(at: float, region: str) -> dict[str, dict[str, Any]]:
    """What a new detector watches when nothing is said."""
    on = dict.fromkeys((*FOUNDATIONAL, *OPTIONAL), "ENABLED")
    off = dict.fromkeys((*RUNTIME, NEWEST) if region in NEWEST_REGIONS else RUNTIME, "DISABLED")
    return {
        name: _feature({"Name": name, "Status": status}, at)
        for name, status in {**on, **off}.items()
    }


def features_of(data_sources: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``DataSources``, as they were before features, in terms of features."""
    logs = data_sources.get("Kubernetes", {}).get("AuditLogs", {})
    volumes = data_sources.get("MalwareProtection", {}).get("ScanEc2InstanceWithFindings", {})
    asked = {
        "S3_DATA_EVENTS": data_sources.get("S3Logs", {}).get("Enable"),
        "EKS_AUDIT_LOGS": logs.get("Enable"),
        "EBS_MALWARE_PROTECTION": volumes.get("EbsVolumes"),
    }
    return [
        {"Name": name, "Status": "ENABLED" if enable else "DISABLED"}
        for name, enable in asked.items()
        if enable is not None
    ]


def _feature(wanted: Mapping[str, Any], at: float) -> dict[str, Any]:
    described: dict[str, Any] = {
        "Name": wanted["Name"],
        "Status": wanted["Status"],
        "UpdatedAt": at,
    }
    if wanted.get("AdditionalConfiguration"):
        described["AdditionalConfiguration"] = [
            {**one, "UpdatedAt": at} for one in wanted["AdditionalConfiguration"]
        ]
    return described
