"""What Prowler writes: its CSV of versions 2 to 5, its OCSF, and what it sends Security Hub (ASFF).

[docs.prowler.com, "Reporting"]. All raise ValueError for what is not whole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from baseline.findings import delimited, ocsf
from baseline.findings.model import FAIL, MANUAL, MUTED, PASS, CheckDetails, Finding
from baseline.findings.times import iso

TOOL = "prowler"
# Why a finding does not count that Prowler's own mute list names.
REASON = "muted in Prowler"

# Older versions have other words for what a person has to look at, and for the rest.
_STATUSES = {
    **{status: status for status in (FAIL, PASS, MANUAL)},
    **dict.fromkeys(("INFO", "WARNING", "NOT_AVAILABLE"), MANUAL),
    "PASSED": PASS,
    "FAILED": FAIL,
}
# Versions 4 and 5, version 3, version 2.
_COLUMNS = (
    ("ACCOUNT_UID", "ACCOUNT_ID", "ACCOUNT_NUM"),
    ("ACCOUNT_NAME",),
    ("REGION",),
    ("SERVICE_NAME", "CHECK_SERVICENAME"),
    ("CHECK_ID", "TITLE_ID"),
    ("CHECK_TITLE", "TITLE_TEXT"),
    ("SEVERITY", "CHECK_SEVERITY"),
    ("STATUS", "CHECK_RESULT"),
    ("MUTED",),
    ("RESOURCE_UID", "RESOURCE_ARN"),
    ("RESOURCE_NAME", "RESOURCE_ID", "CHECK_RESOURCE_ID"),
    ("STATUS_EXTENDED", "CHECK_RESULT_EXTENDED"),
    ("FINDING_UID", "FINDING_UNIQUE_ID"),
    ("RESOURCE_TYPE", "CHECK_ASFF_RESOURCE_TYPE"),
)
_DETAILS = (
    ("CHECK_ID", "TITLE_ID"),
    ("CHECK_TITLE", "TITLE_TEXT"),
    ("DESCRIPTION",),
    ("RISK", "CHECK_RISK"),
    ("REMEDIATION_RECOMMENDATION_TEXT", "CHECK_REMEDIATION"),
    ("REMEDIATION_RECOMMENDATION_URL", "CHECK_DOC"),
    ("COMPLIANCE",),
)
# Version 2 had numbers for its checks, and their names in the titles.
_NAMED = re.compile(r"(?:[\d.]+ )?\[((?:check|extra)\w+)\] (.*)", re.DOTALL)


def csv_findings(file: Path) -> Iterator[Finding]:
    """The findings of its CSV, streamed."""
    return map(_of_row, delimited.rows(file, _COLUMNS))


def csv_details(file: Path) -> Iterator[CheckDetails]:
    """What its CSV says of each check that has a finding."""
    for row in delimited.rows(file, _DETAILS, once_per=_DETAILS[0]):
        check, title, description, risk, remediation, url, frameworks = row
        check, title = _named(check, title)
        yield CheckDetails(
            TOOL, check, title, description, risk, remediation, url, _split(frameworks)
        )


def ocsf_findings(text: bytes) -> Iterator[Finding]:
    """The findings of its OCSF JSON."""
    yield from map(of_event, msgspec.json.decode(text, type=list[ocsf.Event]))


def ocsf_details(text: bytes) -> Iterator[CheckDetails]:
    """What its OCSF JSON says of the check of each finding."""
    yield from map(of_check, msgspec.json.decode(text, type=list[ocsf.Event]))


def of_check(event: ocsf.Event) -> CheckDetails:
    """What an event of its OCSF says of its check."""
    remediation = event.remediation or ocsf.Remediation()
    links = [link for link in remediation.references if link.startswith("https://")]
    rules: Mapping[str, Sequence[str]] = event.unmapped.get("compliance") or {}
    return CheckDetails(
        TOOL,
        event.metadata.event_code,
        event.finding_info.title,
        event.finding_info.desc,
        event.risk_details,
        remediation.desc,
        links[0] if links else "",
        tuple(f"{name}: {', '.join(requirements)}" for name, requirements in rules.items()),
    )


def asff_findings(text: bytes) -> Iterator[Finding]:
    """The findings of a batch for Security Hub, or of a list of them."""
    told = msgspec.json.decode(text)
    try:
        found = told["Findings"] if isinstance(told, dict) else told
        yield from map(_of_asff, found)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"a finding of it is not whole: {error!r}") from None


def _of_row(cells: tuple[str, ...]) -> Finding:
    account, name, region, service, check, title, severity, status, *rest = cells
    muted, resource, resource_name, detail, uid, kind = rest
    if status not in _STATUSES:
        raise ValueError(f"a finding has the status {status!r}")
    if "[" in title:
        check, title = _named(check, title)
    hidden = muted == "True"
    resource = resource or resource_name
    return Finding(
        TOOL,
        account,
        name,
        region,
        service,
        check,
        title,
        severity.lower(),
        MUTED if hidden else _STATUSES[status],
        resource,
        detail,
        uid or f"{TOOL}-{check}-{account}-{region}-{resource or detail}",
        kind,
        "",
        "",
        REASON if hidden else "",
    )


def of_event(event: ocsf.Event) -> Finding:
    """The finding of an event of its OCSF."""
    resource = event.resources[0] if event.resources else ocsf.Resource()
    hidden = event.status == "Suppressed"
    seen = event.time or event.finding_info.created_time
    return Finding(
        tool=TOOL,
        account_id=event.cloud.account.uid,
        account_name=event.cloud.account.name,
        region=event.cloud.region or resource.region,
        service=resource.group.name,
        check=event.metadata.event_code,
        title=event.finding_info.title,
        severity=ocsf.severity(event),
        status=MUTED if hidden else _status(event.status_code),
        resource=resource.uid or resource.name,
        detail=event.status_detail or event.message,
        uid=event.finding_info.uid,
        resource_type=resource.type,
        last_seen=ocsf.moment(seen),
        muted=REASON if hidden else "",
    )


def _of_asff(told: Mapping[str, Any]) -> Finding:
    resource = told["Resources"][0]
    check, title = _named(told["GeneratorId"].removeprefix(f"{TOOL}-"), told["Title"])
    hidden = told.get("Workflow", {}).get("Status") == "SUPPRESSED"
    return Finding(
        tool=TOOL,
        account_id=told["AwsAccountId"],
        account_name="",
        region=resource.get("Region", ""),
        service=check.partition("_")[0] if "_" in check else "",
        check=check,
        title=title,
        severity=told["Severity"]["Label"].lower(),
        status=MUTED if hidden else _status(told["Compliance"]["Status"]),
        resource=resource["Id"],
        detail=told["Description"],
        uid=told["Id"],
        resource_type=resource.get("Type", ""),
        first_seen=iso(told.get("FirstObservedAt")),
        last_seen=iso(told.get("UpdatedAt")),
        muted=REASON if hidden else "",
    )


def _status(told: str) -> str:
    if told not in _STATUSES:
        raise ValueError(f"a finding has the status {told!r}")
    return _STATUSES[told]


def _named(check: str, title: str) -> tuple[str, str]:
    """The name of a check, and its title without it."""
    found = _NAMED.match(title)
    return (found[1], found[2]) if found else (check, title)


def _split(frameworks: str) -> tuple[str, ...]:
    return tuple(part for part in frameworks.split(" | ") if part)
