"""What became of findings between two looks: new, open, resolved, reopened, or not looked at."""

from dataclasses import dataclass
from enum import StrEnum

from baseline.findings.model import Finding


class Change(StrEnum):
    """What became of a finding. A place that gave no answer resolves nothing."""

    NEW = "new"
    OPEN = "open"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    MUTED = "muted"
    NOT_LOOKED = "not looked at"


@dataclass(frozen=True)
class Changed:
    """A finding that fails, or did. ``reason`` says why it is not looked at, or muted.

    ``finding`` is as it is now; what is resolved or was not looked at is as it last was.
    """

    change: Change
    finding: Finding
    reason: str = ""
