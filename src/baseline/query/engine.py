"""What an engine is, and what it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Names of the columns, each once, and the rows: JSON's types, times as ISO text."""

    columns: tuple[str, ...]
    rows: Iterator[Row]


class Engine(Protocol):
    """Something that answers queries over the schema ``auditing``."""

    def check(self, query: exp.Query) -> None:
        """Raise QueryError, with the column, when the query cannot run; nothing is read."""

    def run(self, query: exp.Query) -> Answer:
        """The answer; raises QueryError."""
