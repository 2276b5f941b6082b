"""What an engine is, and what it answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Names of the columns, each once, and the rows: JSON's types, times as ISO text.

    ``types`` are the engine's own names for the columns' types.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]
    types: tuple[str, ...] = ()


class Engine(Protocol):
    """Something that answers queries over the schema ``auditing``."""

    def check(self, query: exp.Query) -> None:
        """Raise QueryError, with the column, when the query cannot run; nothing is read."""

    def run(self, query: exp.Query) -> Answer:
        """The answer; raises QueryError."""


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names; one that occurs again gets a number, as a JSON object holds each key once."""
    found: dict[str, None] = {}
    for name in names:
        again, number = name, 1
        while again in found:
            again, number = f"{name}_{number}", number + 1
        found[again] = None
    return tuple(found)
