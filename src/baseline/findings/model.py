"""What was found, in one shape whoever found it."""

from dataclasses import dataclass
from typing import NamedTuple

PASS = "PASS"  # noqa: S105  # a status, not a password
FAIL = "FAIL"
MANUAL = "MANUAL"
MUTED = "MUTED"
ARCHIVED = "ARCHIVED"
UNKNOWN = "UNKNOWN"

# Of a check that passes because there is nothing for it to look at.
NOTHING_THERE = "There is nothing that it looks at."

# On a report, of what failed and does not any more.
RESOLVED = "RESOLVED"
# On a report, who says UNKNOWN of what is kept and cannot be read: nobody knows whose it is.
HISTORY = "history"
# On a report, part of the id of what stands for a place that nobody was asked to look at.
UNTRIED = "-untried-"

STATUSES = (FAIL, PASS, MANUAL, MUTED, ARCHIVED, UNKNOWN)
SEVERITIES = ("critical", "high", "medium", "low", "informational")
# What a severity counts as that is none of them: it may be the worst.
OTHER = "other"

# Who finds what is of the class Detection Finding in OCSF; all others find Compliance Findings.
DETECTING = frozenset({"guardduty"})


def counted_as(severity: str) -> str:
    """The severity under which it counts: one that nobody knows is OTHER."""
    return severity if severity in SEVERITIES else OTHER


def rank(severity: str) -> int:
    """0 for the worst; one that nobody knows may be as bad as that."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


class Key(NamedTuple):
    """What tells a finding from others, in whichever run it is found.

    ``what`` is the resource; of GuardDuty, which may find much of one, the id of the finding.
    """

    tool: str
    account_id: str
    region: str
    check: str
    what: str


class Finding(NamedTuple):
    """One answer of one check; UNKNOWN is "could not look", with the reason in ``detail``.

    A tuple, since there are hundreds of thousands. ``tool`` is prowler, scoutsuite, guardduty or
    config; ``check`` is what it calls the check: of GuardDuty the type of the finding, of Config
    the rule. ``resource`` is an ARN where the tool knows it; ``resource_type`` is in the tool's
    words. ``first_seen`` and ``last_seen`` are UTC, ISO 8601, and empty where the tool does not
    tell. ``muted`` says why a finding that is MUTED or ARCHIVED does not count. ``evidence`` is
    JSON text in the tool's own shape, or empty.
    """

    tool: str
    account_id: str
    account_name: str
    region: str
    service: str
    check: str
    title: str
    severity: str
    status: str
    resource: str
    detail: str
    uid: str
    resource_type: str = ""
    first_seen: str = ""
    last_seen: str = ""
    muted: str = ""
    evidence: str = ""

    @property
    def key(self) -> Key:
        """What it is called in every run. Several answers of a run may share a key."""
        what = self.uid if self.tool in DETECTING else self.resource
        return Key(self.tool, self.account_id, self.region, self.check, what)


@dataclass(frozen=True)
class CheckDetails:
    """What a tool says of a check once, whatever it found; Prowler's texts hold Markdown.

    ``frameworks`` are like ``CIS-3.0: 1.20``; ``remediation_url`` is where more is said.
    """

    tool: str
    check: str
    title: str
    description: str = ""
    risk: str = ""
    remediation: str = ""
    remediation_url: str = ""
    frameworks: tuple[str, ...] = ()
