"""The stored form: OCSF 1.5, Compliance Finding (2003) and Detection Finding (2004).

[schema.ocsf.io/1.5.0]. What is the same in each finding of a check, such as its remediation, is
kept once per check and added where an event leaves the house: ``whole``.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from baseline.findings.model import (
    ARCHIVED,
    DETECTING,
    FAIL,
    MUTED,
    PASS,
    SEVERITIES,
    STATUSES,
    CheckDetails,
    Finding,
)
from baseline.findings.times import iso

VERSION = "1.5.0"
COMPLIANCE, DETECTION = 2003, 2004
# Who wrote an event of ours; whoever found it is its product.
PROVIDER = "AWS Baseline"
_FINDINGS, _CREATE, _AWS_ACCOUNT, _OTHER = 2, 1, 10, 99
# As milliseconds a day of 1973, as seconds one that nobody lives to see: Prowler writes seconds.
_SECONDS = 100_000_000_000
_VENDORS = {"prowler": "Prowler", "scoutsuite": "NCC Group"}
# Severity and status as OCSF numbers and calls them.
_SEVERITIES = dict(zip(reversed(SEVERITIES), range(1, 6), strict=True))
_FATAL = 6  # worse than critical, for which we have no word
_LIFE = {MUTED: (3, "Suppressed"), ARCHIVED: (5, "Archived")}
_NEW = (1, "New")
_COMPLIANCE = {PASS: (1, "Pass"), FAIL: (3, "Fail"), MUTED: (3, "Fail")}


class _Struct(msgspec.Struct, omit_defaults=True, frozen=True):
    """What is empty is left out; what is not known here is passed over."""


class Product(_Struct, frozen=True):
    """Who found it."""

    name: str = ""
    vendor_name: str = ""
    version: str = ""


class Metadata(_Struct, frozen=True):
    """``event_code`` is the check."""

    version: str = ""
    product: Product = Product()
    event_code: str = ""
    log_provider: str = ""
    profiles: tuple[str, ...] = ()


class FindingInfo(_Struct, frozen=True):
    """Times are of the profile datetime: milliseconds, and the same as text."""

    uid: str = ""
    title: str = ""
    desc: str = ""
    types: tuple[str, ...] = ()
    created_time: int = 0
    first_seen_time: int = 0
    first_seen_time_dt: str = ""
    last_seen_time: int = 0
    last_seen_time_dt: str = ""


class Group(_Struct, frozen=True):
    """The service of a resource."""

    name: str = ""


class Resource(_Struct, frozen=True):
    """What it was found in."""

    uid: str = ""
    name: str = ""
    type: str = ""
    region: str = ""
    group: Group = Group()


class Account(_Struct, frozen=True):
    """An AWS account."""

    uid: str = ""
    name: str = ""
    type: str = ""
    type_id: int = 0


class Cloud(_Struct, frozen=True):
    """Where it was found."""

    provider: str = ""
    region: str = ""
    account: Account = Account()


class Compliance(_Struct, frozen=True):
    """What became of the check; ``requirements`` are like ``CIS-3.0: 1.20``."""

    control: str = ""
    status_id: int = 0
    status: str = ""
    standards: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


class Remediation(_Struct, frozen=True):
    """What to do."""

    desc: str = ""
    references: tuple[str, ...] = ()


class Evidence(_Struct, frozen=True):
    """JSON in the shape of whoever found it."""

    data: msgspec.Raw


class Event(_Struct, frozen=True):
    """An event of either class; also what Prowler writes can be read into it.

    ``status_code`` is our status; ``comment`` the reason for which it is muted.
    """

    metadata: Metadata
    class_uid: int
    severity_id: int  # 0 is a value, and has to be told
    time: int = 0
    category_uid: int = 0
    class_name: str = ""
    type_uid: int = 0
    activity_id: int = 0
    severity: str = ""
    status_id: int = 0
    status: str = ""
    status_code: str = ""
    status_detail: str = ""
    message: str = ""
    comment: str = ""
    finding_info: FindingInfo = FindingInfo()
    compliance: Compliance | None = None
    resources: tuple[Resource, ...] = ()
    cloud: Cloud = Cloud()
    evidences: tuple[Evidence, ...] = ()
    remediation: Remediation | None = None
    risk_details: str = ""
    unmapped: dict[str, Any] = {}


def event(found: Finding, when: int) -> Event:
    """``found`` as an event; ``when`` was looked, in milliseconds since 1970."""
    detecting = found.tool in DETECTING
    class_uid = DETECTION if detecting else COMPLIANCE
    life_id, life = _LIFE.get(found.status, _NEW)
    return Event(
        metadata=_metadata(found.tool, found.check),
        category_uid=_FINDINGS,
        class_uid=class_uid,
        class_name="Detection Finding" if detecting else "Compliance Finding",
        type_uid=class_uid * 100 + _CREATE,
        activity_id=_CREATE,
        time=milliseconds(found.last_seen) or when,
        severity_id=_SEVERITIES.get(found.severity, _OTHER if found.severity else 0),
        severity=found.severity.capitalize() or "Unknown",
        status_id=life_id,
        status=life,
        status_code=found.status,
        message=found.detail,
        comment=found.muted,
        finding_info=FindingInfo(
            uid=found.uid,
            title=found.title,
            first_seen_time=milliseconds(found.first_seen),
            first_seen_time_dt=found.first_seen,
            last_seen_time=milliseconds(found.last_seen),
            last_seen_time_dt=found.last_seen,
        ),
        compliance=None if detecting else _compliance(found.check, found.status),
        resources=(
            Resource(
                uid=found.resource,
                type=found.resource_type,
                region=found.region,
                group=_service(found.service),
            ),
        ),
        cloud=_cloud(found.region, found.account_id, found.account_name),
        evidences=(Evidence(msgspec.Raw(found.evidence.encode())),) if found.evidence else (),
    )


def finding(told: Event) -> Finding:
    """The finding that ``event`` made ``told`` of; raises ValueError when it made none."""
    if told.status_code not in STATUSES:
        raise ValueError(f"a finding has the status {told.status_code!r}")
    info = told.finding_info
    resource = told.resources[0] if told.resources else Resource()
    return Finding(
        tool=told.metadata.product.name.lower(),
        account_id=told.cloud.account.uid,
        account_name=told.cloud.account.name,
        region=told.cloud.region,
        service=resource.group.name,
        check=told.metadata.event_code,
        title=info.title,
        severity=severity(told),
        status=told.status_code,
        resource=resource.uid,
        detail=told.message,
        uid=info.uid,
        resource_type=resource.type,
        first_seen=iso(info.first_seen_time_dt),
        last_seen=iso(info.last_seen_time_dt),
        muted=told.comment,
        evidence=bytes(told.evidences[0].data).decode() if told.evidences else "",
    )


def severity(told: Event) -> str:
    """Its severity as we call it; one that is none of ours in its own words, or empty."""
    names = {number: name for name, number in _SEVERITIES.items()} | {_FATAL: SEVERITIES[0]}
    own = told.severity.lower() if told.severity_id == _OTHER else ""
    return names.get(told.severity_id, own)


def whole(told: Event, details: CheckDetails | None) -> Event:
    """``told`` with all that is said of its check, for whoever reads it elsewhere."""
    if details is None:
        return told
    links = (details.remediation_url,) if details.remediation_url else ()
    known = bool(details.remediation or links)
    info = msgspec.structs.replace(told.finding_info, desc=details.description)
    standards = tuple(dict.fromkeys(f.partition(":")[0] for f in details.frameworks))
    rules = told.compliance and msgspec.structs.replace(
        told.compliance, standards=standards, requirements=details.frameworks
    )
    detecting = told.class_uid == DETECTION
    return msgspec.structs.replace(
        told,
        finding_info=info,
        compliance=rules,
        remediation=Remediation(details.remediation, links) if known else None,
        risk_details=details.risk if detecting else "",
        # A Compliance Finding has no field for it.
        unmapped={} if detecting or not details.risk else {"risk": details.risk},
    )


def written(told: Event) -> bytes:
    """``told`` as JSON."""
    return msgspec.json.encode(told)


def read(text: bytes | str) -> Event:
    """The event in JSON ``text``; raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Event)


def milliseconds(moment: str) -> int:
    """A time of ISO 8601 since 1970; 0 for none."""
    if not moment:
        return 0
    when = datetime.fromisoformat(moment)
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


def moment(since: int) -> str:
    """Milliseconds, or seconds, since 1970 as ISO 8601; empty for none."""
    seconds = since / 1000 if since > _SECONDS else since
    return iso(datetime.fromtimestamp(seconds, UTC)) if since else ""


# The same in thousands of findings, and never changed.
@cache
def _metadata(tool: str, check: str) -> Metadata:
    product = Product(TITLES.get(tool, tool), _VENDORS.get(tool, "AWS"))
    return Metadata(VERSION, product, check, PROVIDER, ("cloud", "datetime"))


@cache
def _cloud(region: str, account_id: str, name: str) -> Cloud:
    return Cloud("AWS", region, Account(account_id, name, "AWS Account", _AWS_ACCOUNT))


@cache
def _service(name: str) -> Group:
    return Group(name)


@cache
def _compliance(check: str, status: str) -> Compliance:
    number, name = _COMPLIANCE.get(status, (_OTHER, status.capitalize()))
    return Compliance(check, number, name)


# What each tool calls itself.
TITLES = {
    "prowler": "Prowler",
    "scoutsuite": "ScoutSuite",
    "guardduty": "GuardDuty",
    "config": "Config",
}
