"""One SQLite file: each step whole or not at all, and what goes wrong as one sentence."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baseline.errors import BaselineError

_FETCH = 500


class Database:
    """A file, which may be used by several threads.

    What cannot be done with it raises ``error``, with ``remedy``. Another process that writes is
    waited for as long as ``patience`` says, in seconds.
    """

    def __init__(
        self,
        path: Path,
        error: type[BaselineError] = BaselineError,
        *,
        remedy: str,
        patience: float = 5.0,
    ) -> None:
        self._path, self._error, self._remedy = path, error, remedy
        self._lock = threading.Lock()
        with self._translated():
            self._connection = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def version(self) -> int:
        """Which version of its tables it has; 0: it has none."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def create(self, schema: str, version: int) -> None:
        """Make the tables of ``schema``, in place of those of another version.

        Where another process has made them meanwhile, they stay.
        """
        with self.transaction() as step:
            (found,) = step.execute("PRAGMA user_version").fetchone()
            if found == version:
                return
            if found:
                _drop(step)
            for statement in schema.split(";"):
                step.execute(statement)
            step.execute(f"PRAGMA user_version = {version}")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """What ``sql`` answers."""
        with self._lock, self._translated():
            return self._connection.execute(sql, values).fetchall()

    def each(self, sql: str) -> Iterator[Any]:
        """The same, not all of it in memory; for when nobody writes any more."""
        with self._translated():
            cursor = self._connection.execute(sql)
            while some := cursor.fetchmany(_FETCH):
                yield from some

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One step; whatever ends it early, an interruption too, undoes it."""
        with self._lock, self._translated(), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(
                f"cannot be used: {error}", where=str(self._path), remedy=self._remedy
            ) from error


def _drop(step: sqlite3.Connection) -> None:
    """Take away all tables."""
    tables = step.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (name,) in tables:
        step.execute(f'DROP TABLE "{name}"')
