"""GuardDuty findings: samples, and choosing among findings by criteria."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

# What CreateSampleFindings makes when no types are named; severities as the guide lists them
# [GuardDuty user guide: finding types].
SAMPLES: Mapping[str, float] = {
    "CryptoCurrency:EC2/BitcoinTool.B!DNS": 8.0,
    "Policy:S3/BucketAnonymousAccessGranted": 8.0,
    "Recon:EC2/PortProbeUnprotectedPort": 2.0,
    "Stealth:IAMUser/CloudTrailLoggingDisabled": 2.0,
    "UnauthorizedAccess:EC2/SSHBruteForce": 2.0,
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B": 5.0,
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS": 8.0,
}
_OTHER_SEVERITY = 5.0

# The resources of samples have these names in every account.
_ACCESS_KEY = {
    "ResourceType": "AccessKey",
    "AccessKeyDetails": {
        "AccessKeyId": "GeneratedFindingAccessKeyId",
        "PrincipalId": "GeneratedFindingPrincipalId",
        "UserName": "GeneratedFindingUserName",
        "UserType": "IAMUser",
    },
}
_RESOURCES: Mapping[str, dict[str, Any]] = {
    "EC2": {
        "ResourceType": "Instance",
        "InstanceDetails": {
            "InstanceId": "i-99999999",
            "InstanceType": "m3.xlarge",
            "InstanceState": "running",
            "Tags": [{"Key": "GeneratedFindingInstanceTag1", "Value": "GeneratedFindingValue1"}],
        },
    },
    "S3": {
        "ResourceType": "S3Bucket",
        "S3BucketDetails": [
            {"Arn": "arn:aws:s3:::bucketName", "Name": "bucketName", "Type": "Destination"}
        ],
        "AccessKeyDetails": _ACCESS_KEY["AccessKeyDetails"],
    },
}

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "Eq": lambda value, wanted: str(value) in wanted,
    "Equals": lambda value, wanted: str(value) in wanted,
    "Neq": lambda value, wanted: str(value) not in wanted,
    "NotEquals": lambda value, wanted: str(value) not in wanted,
    "Gt": lambda value, wanted: value > wanted,
    "GreaterThan": lambda value, wanted: value > wanted,
    "Gte": lambda value, wanted: value >= wanted,
    "GreaterThanOrEqual": lambda value, wanted: value >= wanted,
    "Lt": lambda value, wanted: value < wanted,
    "LessThan": lambda value, wanted: value < wanted,
    "Lte": lambda value, wanted: value <= wanted,
    "LessThanOrEqual": lambda value, wanted: value <= wanted,
}


def sample(
    finding_type: str, *, finding_id: str, account_id: str, region: str, detector_id: str, at: str
) -> dict[str, Any]:
    """A finding as GuardDuty's samples are: marked as one in title and additional info."""
    return {
        "AccountId": account_id,
        "Arn": f"arn:aws:guardduty:{region}:{account_id}:detector/{detector_id}"
        f"/finding/{finding_id}",
        "CreatedAt": at,
        "UpdatedAt": at,
        "Id": finding_id,
        "Partition": "aws",
        "Region": region,
        "SchemaVersion": "2.0",
        "Severity": SAMPLES.get(finding_type, _OTHER_SEVERITY),
        "Type": finding_type,
        "Title": f"[SAMPLE] {finding_type}",
        "Description": f"[SAMPLE] An example of a finding of the type {finding_type}.",
        "Resource": deepcopy(_RESOURCES.get(_subject(finding_type), _ACCESS_KEY)),
        "Service": {
            "ServiceName": "guardduty",
            "DetectorId": detector_id,
            "Archived": False,
            "Count": 1,
            "EventFirstSeen": at,
            "EventLastSeen": at,
            "ResourceRole": "TARGET",
            "AdditionalInfo": {"Type": "default", "Value": '{"sample":true}'},
        },
    }


def choose(
    findings: Iterable[dict[str, Any]], criterion: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Those findings whose fields, named by dotted paths, meet every condition."""
    return [
        finding
        for finding in findings
        if all(_meets(finding, path, condition) for path, condition in criterion.items())
    ]


def ordered(findings: list[dict[str, Any]], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As SortCriteria asks: by a field, the smallest first unless DESC; else as they came."""
    name = asked.get("AttributeName")
    if not name:
        return findings
    return sorted(
        findings,
        key=lambda finding: (_field(finding, name) is not None, _field(finding, name)),
        reverse=asked.get("OrderBy") == "DESC",
    )


def by_severity(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """How many there are of each severity, the worst first [GetFindingsStatistics]."""
    groups: dict[float, list[dict[str, Any]]] = defaultdict(list)
    for finding in findings:
        groups[finding["Severity"]].append(finding)
    return [
        {
            "Severity": severity,
            "TotalFindings": len(members),
            "LastGeneratedAt": datetime.fromisoformat(max(m["UpdatedAt"] for m in members)),
        }
        for severity, members in sorted(groups.items(), reverse=True)
    ]


def _field(finding: Mapping[str, Any], path: str) -> Any:
    value: Any = finding
    for part in path.split("."):
        value = value.get(part[:1].upper() + part[1:]) if isinstance(value, dict) else None
    return value


def _meets(finding: Mapping[str, Any], path: str, condition: Mapping[str, Any]) -> bool:
    value = _field(finding, path)
    known = {name: wanted for name, wanted in condition.items() if name in _COMPARE}
    return value is not None and all(
        _COMPARE[name](_comparable(value, wanted), wanted) for name, wanted in known.items()
    )


def _comparable(value: Any, wanted: Any) -> Any:
    """As criteria write it: booleans in small letters, whole numbers whole, times in ms."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and isinstance(wanted, int):
        return datetime.fromisoformat(value).timestamp() * 1000
    return value


def _subject(finding_type: str) -> str:
    return finding_type.partition(":")[2].partition("/")[0]
