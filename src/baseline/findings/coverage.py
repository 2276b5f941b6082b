"""What the roll-out's last proofs said, kept beside the runs: for the report and for queries.

One Parquet file a proof, ``reports/coverage/STAMP.parquet``; only of proofs of everything.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from baseline.errors import ToolError
from baseline.findings import parquet

COVERAGE = "coverage"


class Covered(NamedTuple):
    """The answer to one check of the roll-out in one account and region: PASS, FAIL or UNKNOWN."""

    account_id: str
    region: str
    service: str
    check: str
    status: str
    detail: str = ""
    remedy: str = ""
    account_name: str = ""


# What a query calls the fields: as the tables of logs do; CHECK is a word of SQL.
_NAMES = {"account_id": "account", "check": "check_id"}
FIELDS = tuple(_NAMES.get(name, name) for name in Covered._fields)
COLUMNS = ("verified", *FIELDS)


class Proof(NamedTuple):
    """One proof: when it was made (UTC, ISO 8601), and its answers."""

    verified: str
    rows: tuple[Covered, ...]


def keep(proof: Proof, reports: Path) -> None:
    """Keep ``proof``; raises ToolError when it cannot be written."""
    stamp = proof.verified.replace("-", "").replace(":", "")
    file = reports / COVERAGE / f"{stamp}.parquet"
    with parquet.writing_rows(file, COLUMNS, lambda: proof.verified) as add:
        for row in proof.rows:
            add((proof.verified, *row), None)


def latest(reports: Path) -> Proof | None:
    """The latest proof, if there is one; raises ToolError when it cannot be read."""
    found = list(parquet.files(reports / COVERAGE))
    if not found:
        return None
    try:
        verified = msgspec.json.decode(parquet.known(found[-1]), type=str)
    except msgspec.DecodeError as error:
        raise ToolError(f"it is no proof: {error}", where=str(found[-1])) from error
    rows = map(Covered._make, parquet.rows(found[-1], FIELDS))
    return Proof(verified, tuple(rows))


def files(reports: Path) -> Iterable[Path]:
    """The files of all proofs, the oldest first."""
    return parquet.files(reports / COVERAGE)
