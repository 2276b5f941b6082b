"""What was found, in one shape whoever found it."""

from typing import NamedTuple

PASS = "PASS"  # noqa: S105  # a status, not a password
FAIL = "FAIL"
MANUAL = "MANUAL"
MUTED = "MUTED"
UNKNOWN = "UNKNOWN"

# Of a check that passes because there is nothing for it to look at.
NOTHING_THERE = "There is nothing that it looks at."

STATUSES = (FAIL, PASS, MANUAL, MUTED, UNKNOWN)
SEVERITIES = ("critical", "high", "medium", "low", "informational")


class Finding(NamedTuple):
    """One answer of one check; UNKNOWN is "could not look", with the reason in ``detail``.

    A tuple, since there are hundreds of thousands. ``resource`` is an ARN where the tool knows it.
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
