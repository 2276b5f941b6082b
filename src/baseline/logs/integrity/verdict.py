"""What came of looking at one file."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """VALID is proof. The next four are proof of the contrary, the last two of nothing."""

    VALID = "valid"
    CHANGED = "changed"
    MISSING = "missing"
    MOVED = "moved"
    WRONG_KEY = "wrong key"
    UNPROVEN = "unproven"
    UNREAD = "unread"

    @property
    def invalid(self) -> bool:
        """Whether something is wrong with the file."""
        return self in _INVALID


_INVALID = (Verdict.CHANGED, Verdict.MISSING, Verdict.MOVED, Verdict.WRONG_KEY)

DIGEST, LOG = "digest", "log"


@dataclass(frozen=True)
class Checked:
    """One file: ``kind`` is DIGEST or LOG, ``place`` its key, with its bucket where it has one."""

    kind: str
    place: str
    verdict: Verdict
    reason: str = ""


def place(bucket: str, key: str) -> str:
    """How a file is named to people."""
    return f"s3://{bucket}/{key}" if bucket else key
