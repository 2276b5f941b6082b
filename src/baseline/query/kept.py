"""What is kept among the reports, as tables of an engine: findings, and proofs of the roll-out.

Of each tool and account, and of each region that was read, the latest look that answered counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.findings import coverage, history
from baseline.findings.look import Look, Place
from baseline.logs.convert import definition, text
from baseline.query.tables import (
    COVERAGE,
    COVERAGE_HISTORY,
    FINDINGS,
    FINDINGS_HISTORY,
    KEPT,
    SCHEMA,
)

_STANDING = "standing"


@dataclass(frozen=True)
class Kept:
    """The files of looks and of proofs, the oldest first, and the look that stands in a place."""

    looks: tuple[Path, ...] = ()
    proofs: tuple[Path, ...] = ()
    standing: tuple[tuple[Path, Place], ...] = ()

    @classmethod
    def of(cls, reports: Path, looks: Iterable[Look]) -> "Kept":
        """What is in ``reports``, of which ``looks`` can be read; paths are absolute."""
        reports, known = reports.resolve(), list(looks)
        standing = history.standing(known).items()
        return cls(
            tuple(history.place(reports, look) for look in known),
            tuple(coverage.files(reports)),
            tuple((history.place(reports, look), place) for place, look in standing),
        )

    @property
    def files(self) -> list[str]:
        """What an engine has to read."""
        return [str(file) for file in (*self.looks, *self.proofs)]

    def make(self, connection: Any) -> None:
        """Make the tables in DuckDB's schema ``auditing``."""
        connection.execute(_table(FINDINGS_HISTORY, self.looks))
        connection.execute(_table(COVERAGE_HISTORY, self.proofs))
        connection.execute(_table(COVERAGE, self.proofs[-1:]))
        self._make_standing(connection)
        connection.execute(
            f"CREATE VIEW {SCHEMA}.{FINDINGS} AS SELECT * FROM {SCHEMA}.{FINDINGS_HISTORY} AS f"
            f" WHERE EXISTS (FROM {_STANDING} AS s WHERE s.run = f.run AND s.kind = f.kind"
            " AND s.tool = f.tool AND s.account = f.account AND s.region IN ('', f.region))"
        )

    def _make_standing(self, connection: Any) -> None:
        connection.execute(
            f"CREATE TABLE {_STANDING} (kind VARCHAR, run VARCHAR, tool VARCHAR, account VARCHAR,"
            " region VARCHAR)"
        )
        rows = [(*file.stem.split("-", maxsplit=1), *place) for file, place in self.standing]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            connection.execute(
                f"INSERT INTO {_STANDING} SELECT {', '.join(['unnest(?)'] * len(columns))}", columns
            )


def _table(name: str, files: Iterable[Path]) -> str:
    paths = ", ".join(text(str(file)) for file in files)
    if not paths:
        return f"CREATE TABLE {SCHEMA}.{name} ({definition(KEPT[name])})"
    columns = ", ".join(f'"{column.name}"' for column in KEPT[name])
    return (
        f"CREATE VIEW {SCHEMA}.{name} AS SELECT {columns} FROM read_parquet([{paths}],"
        " hive_partitioning = false, union_by_name = true)"
    )
