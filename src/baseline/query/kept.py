"""What is kept among the reports, as tables of an engine: findings, and proofs of the roll-out.

Of each tool and account, and of each region that was read, the latest look that answered counts;
one at fewer regions or services counts for those, and what was imported beside it.
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

_STANDING, _LATER = "standing", "later"
# Where a later, narrower look counts instead: as Look.replaces has it.
_NOT_LATER = (
    f" AND NOT EXISTS (FROM {_LATER} AS l WHERE l.run = f.run AND l.kind = f.kind"
    " AND l.tool = f.tool AND l.account = f.account AND l.place IN ('', f.region)"
    " AND (l.region = '' OR l.region = f.region"
    " OR f.region IN ('', 'global') AND f.status <> 'UNKNOWN')"
    " AND (l.service = '' OR l.service = f.service))"
)


@dataclass(frozen=True)
class Kept:
    """The files of looks and of proofs, the oldest first, and the looks that stand in a place.

    ``later`` are the region and service of which a later one of them counts instead; "" is all.
    """

    looks: tuple[Path, ...] = ()
    proofs: tuple[Path, ...] = ()
    standing: tuple[tuple[Path, Place], ...] = ()
    later: tuple[tuple[Path, Place, str, str], ...] = ()

    @classmethod
    def of(cls, reports: Path, looks: Iterable[Look]) -> "Kept":
        """What is in ``reports``, of which ``looks`` can be read; paths are absolute."""
        reports, known = reports.resolve(), list(looks)
        standing = history.standing(known).items()
        return cls(
            tuple(history.place(reports, look) for look in known),
            tuple(coverage.files(reports)),
            tuple((history.place(reports, k), place) for place, looks in standing for k in looks),
            tuple(
                (history.place(reports, look), place, region, service)
                for place, looks in standing
                for number, look in enumerate(looks, 1)
                for later in looks[number:]
                if not later.imported
                for region in later.regions or ("",)
                for service in later.services or ("",)
            ),
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
            + (_NOT_LATER if self.later else "")
        )

    def _make_standing(self, connection: Any) -> None:
        for name, more, rows in (
            (_STANDING, ("region",), ((*_run(file), *place) for file, place in self.standing)),
            (
                _LATER,
                ("place", "region", "service"),
                ((*_run(file), *place, *scope) for file, place, *scope in self.later),
            ),
        ):
            fields = ", ".join(f"{f} VARCHAR" for f in ("kind", "run", "tool", "account", *more))
            connection.execute(f"CREATE TABLE {name} ({fields})")
            columns = [list(column) for column in zip(*rows, strict=True)]
            if columns:
                connection.execute(
                    f"INSERT INTO {name} SELECT {', '.join(['unnest(?)'] * len(columns))}", columns
                )


def _run(file: Path) -> list[str]:
    """The kind and the stamp of a look."""
    return file.stem.split("-", maxsplit=1)


def _table(name: str, files: Iterable[Path]) -> str:
    paths = ", ".join(text(str(file)) for file in files)
    if not paths:
        return f"CREATE TABLE {SCHEMA}.{name} ({definition(KEPT[name])})"
    columns = ", ".join(f'"{column.name}"' for column in KEPT[name])
    return (
        f"CREATE VIEW {SCHEMA}.{name} AS SELECT {columns} FROM read_parquet([{paths}],"
        " hive_partitioning = false, union_by_name = true)"
    )
