"""Findings as rows: all of it for programs, and for people what a terminal has room for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from baseline.cli import shared
from baseline.cli.findings_reading import Reading
from baseline.cli.tables import where
from baseline.findings.kept import Answer
from baseline.findings.look import Place
from baseline.findings.model import FAIL, MUTED, SEVERITIES, UNKNOWN, Finding

Row = dict[str, Any]

COLUMNS = (
    *("tool", "status", "severity", "account", "account_name", "ou", "region", "type", "title"),
    *("resource_type", "resource", "first_seen", "last_seen", "muted", "detail", "id"),
)
SHOWN = ("severity", "where", "type", "resource", "last_seen")
_A_DAY = len("2026-07-01")

# What a summary can have rows for, and the field of a finding that it is.
GROUPS: Mapping[str, str] = {
    "account": "account_id",
    "ou": "account_id",
    "region": "region",
    "type": "check",
    "resource": "resource",
    "tool": "tool",
}


def row(reading: Reading, finding: Finding) -> Row:
    """A finding, as programs are told of it."""
    return {
        "tool": finding.tool,
        "status": finding.status,
        "severity": finding.severity,
        "account": finding.account_id,
        "account_name": finding.account_name,
        "ou": reading.ou(finding.account_id),
        "region": finding.region,
        "type": finding.check,
        "title": finding.title,
        "resource_type": finding.resource_type,
        "resource": finding.resource,
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
        "muted": finding.muted,
        "detail": finding.detail,
        "id": finding.uid,
    }


def shown(finding: Finding) -> Row:
    """A finding, for people: of an ARN they need what is behind account and region."""
    return {
        "severity": finding.severity if finding.status == FAIL else finding.status,
        "where": where([_place(finding.account_id, finding.account_name, finding.region)]),
        "type": finding.check,
        "resource": finding.resource.rpartition(":")[2],
        "last_seen": finding.last_seen[:_A_DAY],
    }


def blind(reading: Reading, alike: Sequence[Answer]) -> Row:
    """Places that could not be read for the same reason, for people."""
    return {
        "severity": UNKNOWN,
        "where": places(reading, alike),
        "type": f"{alike[0].place.tool}: could not look",
    }


def unknown(reading: Reading) -> Iterator[str]:
    """The places that could not be read, a line for each reason, with what to do."""
    for alike in reading.unread():
        first, there = alike[0], places(reading, alike)
        said = f"{first.reason.rstrip('.')}. {first.remedy}"
        line = f"UNKNOWN: {first.place.tool} in {there}: could not look: {said}"
        yield shared.printable(line, keep="")


def places(reading: Reading, answers: Iterable[Answer]) -> str:
    """Where ``answers`` are from, in words."""
    found = [answer.place for answer in answers]
    return where(
        [_place(p.account_id, reading.account_name(p.account_id), p.region) for p in found]
    )


def summary(reading: Reading, findings: Iterable[Finding], by: str) -> list[Row]:
    """How many findings there are of each severity, the worst first; what is muted is apart."""
    groups: dict[str, Counter[str]] = {name: Counter() for name in _names(reading, by)}
    for finding in findings:
        kind = MUTED if finding.status == MUTED else finding.severity
        groups.setdefault(_group(reading, finding, by), Counter())[kind] += 1
    unread = Counter(_group(reading, finding, by) for finding in reading.unseen())
    rows = [_sum(reading, by, name, counts, unread[name]) for name, counts in groups.items()]
    return sorted(rows, key=lambda row: [-row[severity] for severity in SEVERITIES])


def shown_sum(row: Row, by: str) -> Row:
    """A row of a summary, for people: accounts by their names."""
    name = {by: row.get("account_name", row[by])}
    return name | {key.replace("informational", "info"): n for key, n in row.items() if _number(n)}


def _sum(reading: Reading, by: str, name: str, counts: Counter[str], unread: int) -> Row:
    named = {"account_name": reading.account_name(name)} if by == "account" else {}
    weighed = {severity: counts[severity] for severity in SEVERITIES}
    total = sum(weighed.values())
    return {by: name} | named | weighed | {"total": total, "muted": counts[MUTED], "unread": unread}


def _number(value: Any) -> bool:
    return isinstance(value, int)


def _names(reading: Reading, by: str) -> list[str]:
    """What has a row whether or not something was found there."""
    if by not in ("account", "ou", "region"):
        return []
    return sorted({_group(reading, place, by) for place in reading.places()})


def _group(reading: Reading, what: Finding | Place, by: str) -> str:
    value = str(getattr(what, GROUPS[by]))
    return reading.ou(value) if by == "ou" else value


def _place(account_id: str, name: str, region: str) -> Row:
    return {"account": account_id, "account_name": name, "region": region}
