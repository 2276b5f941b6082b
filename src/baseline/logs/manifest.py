"""What is in the lake: which object was read, into which Parquet file, or why it was not.

SQLite, one transaction a step. A file that the manifest does not name does not exist for a query;
that is what makes a killed run harmless.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from baseline.database import Database
from baseline.errors import LogFileError
from baseline.logs.layout import Folder

VERSION = 1
_SCHEMA = """
CREATE TABLE parts (
    path TEXT PRIMARY KEY, tbl TEXT NOT NULL, date TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE objects (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, tag TEXT NOT NULL, size INTEGER NOT NULL,
    tbl TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, date TEXT NOT NULL,
    rows INTEGER NOT NULL, part TEXT REFERENCES parts (path) DEFERRABLE INITIALLY DEFERRED,
    reason TEXT
) STRICT;
CREATE INDEX objects_by_day ON objects (tbl, date, account, region);
CREATE INDEX objects_by_part ON objects (part);
CREATE INDEX objects_set_aside ON objects (key) WHERE reason NOTNULL;
CREATE INDEX parts_by_day ON parts (tbl, date);
"""
# From one date to the next in the index: there may be a thousand parts of each.
_DATES = """
WITH RECURSIVE dates (date) AS (
    SELECT min(date) FROM {from} WHERE tbl = ?1 UNION ALL
    SELECT (SELECT min(date) FROM {from} WHERE tbl = ?1 AND date > dates.date) FROM dates
    WHERE date NOTNULL
) SELECT date FROM dates WHERE date NOTNULL
"""


@dataclass(frozen=True)
class Entry:
    """One object that was read: into the Parquet file ``part``, or set aside with ``reason``.

    Neither means that it holds no events. ``key`` begins with ``AWSLogs/``.
    """

    id: int
    key: str
    tag: str
    size: int
    folder: Folder
    rows: int = 0
    part: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Part:
    """One Parquet file; ``path`` is relative to the lake."""

    path: str
    table: str
    date: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Known:
    """What the manifest remembers of an object."""

    id: int
    tag: str
    rows: int
    part: str | None
    reason: str | None


class Manifest:
    """The lake's memory. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self._database = Database(
            path, LogFileError, remedy="Check the disk and the rights, or use another --lake."
        )
        version = self._database.version
        if version == 0:
            self._database.create(_SCHEMA, VERSION)
        elif version != VERSION:
            raise LogFileError(
                f"was written by another version of this program (layout {version})",
                where=str(path),
                remedy="Use another --lake, or remove it and collect again.",
            )

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def next_id(self) -> int:
        """The first number that no object has had."""
        return int(self._database.rows("SELECT coalesce(max(id), 0) + 1 FROM objects")[0][0])

    def known(self, folder: Folder) -> dict[str, Known]:
        """What was read of one day of one account and region, by key."""
        rows = self._database.rows(
            "SELECT key, id, tag, rows, part, reason FROM objects"
            " WHERE tbl = ? AND date = ? AND account = ? AND region = ?",
            (folder.table, folder.date, folder.account, folder.region),
        )
        return {key: Known(*rest) for key, *rest in rows}

    def parts(self, table: str, date: str | None = None) -> list[Part]:
        """The Parquet files of a table, or of one of its days, sorted."""
        day, values = _on(None if date is None else [date])
        rows = self._database.rows(
            f"SELECT path, tbl, date, rows, bytes FROM parts WHERE tbl = ?{day} ORDER BY path",  # noqa: S608
            (table, *values),
        )
        return [Part(*row) for row in rows]

    def paths(self, table: str, dates: Iterable[str] | None = None) -> list[str]:
        """The paths of a table's Parquet files, or of those of some ``dates``, sorted."""
        day, values = _on(dates)
        rows = self._database.rows(
            f"SELECT path FROM parts WHERE tbl = ?{day} ORDER BY path",  # noqa: S608
            (table, *values),
        )
        return [path for (path,) in rows]

    def dates(self, table: str) -> list[str]:
        """The days of which there is a Parquet file, sorted."""
        return self._dates("parts", table)

    def collected(self, table: str) -> list[str]:
        """The days of which anything was collected, also nothing but what was set aside."""
        return self._dates("objects", table)

    def _dates(self, of: str, table: str) -> list[str]:
        return [date for (date,) in self._database.rows(_DATES.format_map({"from": of}), (table,))]

    def days(self, table: str, dates: Iterable[str] | None = None) -> list[Folder]:
        """The account, region and date of whatever was collected of a table, each once."""
        day, values = _on(dates)
        rows = self._database.rows(
            f"SELECT DISTINCT date, account, region FROM objects WHERE tbl = ?{day}",  # noqa: S608
            (table, *values),
        )
        return [
            Folder(account=account, region=region, year=date[:4], month=date[5:7], day=date[8:])
            for date, account, region in rows
        ]

    def set_aside(self) -> list[tuple[str, str]]:
        """Key and reason of the objects that could not be read."""
        return self._database.rows(
            "SELECT key, reason FROM objects WHERE reason NOTNULL ORDER BY key"
        )

    def commit(self, entries: Iterable[Entry], part: Part | None, retired: Iterable[str]) -> None:
        """Make one step visible: its objects, its file, and the files that it replaces."""
        entries = list(entries)
        with self._database.transaction() as step:
            execute = step.execute
            # Replacing would also drop another object that had the same id, which is an error.
            step.executemany("DELETE FROM objects WHERE key = ?", [(e.key,) for e in entries])
            step.executemany(
                "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, entries)
            )
            if part:
                execute(
                    "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)",
                    (part.path, part.table, part.date, part.rows, part.bytes),
                )
            for path in retired:
                new = part.path if part else None
                execute("UPDATE objects SET part = ? WHERE part = ?", (new, path))
                execute("DELETE FROM parts WHERE path = ?", (path,))


def _on(dates: Iterable[str] | None) -> tuple[str, tuple[str, ...]]:
    """A condition on ``dates``, however many they are, and its value."""
    if dates is None:
        return "", ()
    return " AND date IN (SELECT value FROM json_each(?))", (json.dumps(list(dates)),)


def _row(entry: Entry) -> tuple[str | int | None, ...]:
    folder = entry.folder
    place = (folder.table, folder.account, folder.region, folder.date)
    return (
        entry.id, entry.key, entry.tag, entry.size, *place, entry.rows, entry.part, entry.reason,
    )  # fmt: skip
