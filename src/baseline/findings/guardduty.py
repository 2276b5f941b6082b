"""GuardDuty's findings, as its API, EventBridge and an export to S3 have them.

[docs.aws.amazon.com/guardduty, "Finding format"]. The API writes ``AccountId`` where the other two
write ``accountId``.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from baseline.findings.model import ARCHIVED, FAIL, CheckDetails, Finding
from baseline.findings.times import iso

TOOL = "guardduty"
# Why a finding does not count that somebody, or a suppression rule, archived.
REASON = "archived in GuardDuty"

_REMEDIATION = "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_remediate.html"

# From which severity on, of 1 to 10 [GuardDuty user guide, "Findings severity levels"].
_SEVERITIES = ((9, "critical"), (7, "high"), (4, "medium"), (1, "low"))

# Where the name of a resource is: its details, the field in them, and how an ARN is made of it.
_RESOURCES = (
    ("instanceDetails", "instanceId", "arn:{partition}:ec2:{region}:{account}:instance/{name}"),
    ("s3BucketDetails", "arn", ""),
    ("eksClusterDetails", "arn", ""),
    ("ecsClusterDetails", "arn", ""),
    ("lambdaDetails", "functionArn", ""),
    ("rdsDbInstanceDetails", "dbInstanceArn", ""),
    ("rdsLimitlessDbDetails", "dbShardGroupArn", ""),
    ("containerDetails", "id", ""),
    ("accessKeyDetails", "userName", "arn:{partition}:iam::{account}:user/{name}"),
)
_A_USER = "IAMUser"


def finding(told: Mapping[str, Any]) -> Finding:
    """``told`` in our words; raises KeyError or TypeError when it is no finding."""
    account_id, region, kind = (_text(told, name) for name in ("accountId", "region", "type"))
    service = _of(told, "service") or {}
    archived = bool(_of(service, "archived") or _of(told, "archived"))
    resource = _of(told, "resource") or {}
    return Finding(
        tool=TOOL,
        account_id=account_id,
        account_name="",
        region=region,
        service=_service(kind),
        check=kind,
        title=str(_of(told, "title") or kind),
        severity=severity(float(_need(told, "severity"))),
        status=ARCHIVED if archived else FAIL,
        resource=_resource(resource, _of(told, "partition") or "aws", region, account_id),
        detail=str(_of(told, "description") or ""),
        uid=str(_need(told, "id")),
        resource_type=str(_of(resource, "resourceType") or ""),
        first_seen=iso(_of(service, "eventFirstSeen") or _of(told, "createdAt")),
        last_seen=iso(_of(service, "eventLastSeen") or _of(told, "updatedAt")),
        muted=REASON if archived else "",
        evidence=json.dumps({"service": service, "resource": resource}, default=iso),
    )


def details(kind: str) -> CheckDetails:
    """What is known of a type of findings: GuardDuty has no words of its own for one."""
    return CheckDetails(TOOL, kind, kind, remediation_url=_REMEDIATION)


def severity(number: float) -> str:
    """GuardDuty's number as we call it; raises ValueError for what is no number."""
    if not math.isfinite(number):
        raise ValueError(f"a finding has the severity {number}")
    return next((name for least, name in _SEVERITIES if number >= least), "informational")


def _service(kind: str) -> str:
    """The service that a type is about: between its colon and its slash."""
    about = kind.partition(":")[2].partition("/")[0]
    return "iam" if about == _A_USER else about.lower()


def _resource(resource: Mapping[str, Any], partition: str, region: str, account: str) -> str:
    """The ARN of what it is about, or the name that is told; empty when nothing is."""
    for details, field, arn in _RESOURCES:
        told = _first(_of(resource, details))
        name = _of(told, field) if told else None
        if not isinstance(name, str):
            continue
        if not arn or (field == "userName" and _of(told, "userType") != _A_USER):
            return name
        return arn.format(partition=partition, region=region, account=account, name=name)
    return ""


def _first(told: Any) -> Mapping[str, Any]:
    one = told[0] if isinstance(told, list) and told else told
    return one if isinstance(one, Mapping) else {}


def _of(told: Mapping[str, Any], name: str) -> Any:
    """A field, whichever of the two ways its name is written."""
    return told.get(name, told.get(name[0].upper() + name[1:]))


def _text(told: Mapping[str, Any], name: str) -> str:
    value = _need(told, name)
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _need(told: Mapping[str, Any], name: str) -> Any:
    value = _of(told, name)
    if value is None:
        raise KeyError(name)
    return value
