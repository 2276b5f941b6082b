"""Looks that were kept, as audits and readings of AWS keep them."""

from collections.abc import Iterable
from pathlib import Path

from baseline.findings import accounts, coverage, history
from baseline.findings.coverage import Covered, Proof
from baseline.findings.look import AUDIT, READING, Look, Place
from baseline.findings.model import UNKNOWN, Finding
from baseline.organization import Account, Organization
from given_findings import FIRST, SECOND, a_finding

THIRD = "333333333333"
ORGANIZATION = Organization(
    "o-acme0000000",
    FIRST,
    (
        Account(FIRST, "production", "", "ACTIVE", "/Workloads/Production"),
        Account(SECOND, "sandbox", "", "ACTIVE", "/Sandbox"),
        Account(THIRD, "closed", "", "SUSPENDED", "/"),
    ),
)


def given_the_organization(reports: Path) -> None:
    accounts.keep(ORGANIZATION, reports)


def given_a_proof(reports: Path, *rows: Covered, verified: str = "2026-07-26T08:00:00Z") -> None:
    coverage.keep(Proof(verified, rows), reports)


def given_an_audit(
    reports: Path,
    day: str,
    findings: Iterable[Finding],
    *,
    looked: Iterable[str] = (FIRST, SECOND),
    tool: str = "prowler",
    tried: Iterable[str] = (FIRST, SECOND),
    regions: tuple[str, ...] = (),
    services: tuple[str, ...] = (),
) -> str:
    """Keep an audit of both accounts, of which it could enter those in ``looked``; its stamp."""
    blind = [
        a_finding("", "", UNKNOWN, account_id=id_, account_name=name, title="everything",
                  detail="AccessDenied", tool=tool, resource="", region="", service="")
        for id_, name in ((FIRST, "production"), (SECOND, "sandbox"))
        if id_ in tried and id_ not in looked
    ]  # fmt: skip
    stamp = f"{day.replace('-', '')}T090000Z"
    look = Look(
        stamp=stamp,
        kind=AUDIT,
        started=f"{day}T09:00:00Z",
        ended=f"{day}T10:00:00Z",
        regions=regions,
        services=services,
        tried=tuple(Place(tool, account) for account in tried),
        looked=tuple(Place(tool, account) for account in looked if account in tried),
    )
    history.put(look, [*findings, *blind], reports)
    return stamp


def given_a_reading(
    reports: Path, day: str, findings: Iterable[Finding], *, region: str = "eu-west-1"
) -> str:
    """Keep a reading of GuardDuty in both accounts and one region; its stamp."""
    places = tuple(Place("guardduty", account, region) for account in (FIRST, SECOND))
    stamp, when = f"{day.replace('-', '')}T110000Z", f"{day}T11:00:00Z"
    look = Look(stamp, READING, when, when, tried=places, looked=places)
    history.put(look, findings, reports)
    return stamp
