"""The expressions that both engines must answer alike, and what Trino answered."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.errors import QueryError
from baseline.query import statement
from baseline.query.duckdb import DuckDB

_HERE = Path(__file__).parent / "query"
EXPRESSIONS = _HERE / "expressions.sql"
STATEMENTS = _HERE / "statements.sql"
ANSWERS = _HERE / "expressions.json"
_ROWS = "(VALUES ('a', 1, 'x'), ('b', 2, 'y'), ('c', 3, 'x')) AS t (k, v, w)"


@dataclass(frozen=True)
class Expression:
    """``sql``, under the heading ``group``."""

    group: str
    sql: str

    @property
    def statement(self) -> str:
        """The query that computes it, as ``found``."""
        rows = f" FROM {_ROWS}" if self.group == "Aggregates" else ""
        return f"SELECT {self.sql} AS found{rows}"

    def __str__(self) -> str:
        return self.sql


REFUSED: dict[str, Any] = {"error": "refused"}
ALONE = "On Athena alone"
OTHERWISE = "Answered otherwise"


def expressions() -> Iterator[Expression]:
    """All, in the order of the file."""
    group = ""
    for line in EXPRESSIONS.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"-- (.+)", line):
            group = heading[1]
        elif line:
            yield Expression(group, line)


def of(group: str) -> list[Expression]:
    """Those under one heading."""
    return [expression for expression in expressions() if expression.group == group]


def answer(engine: DuckDB, expression: Expression) -> dict[str, Any]:
    """``{"value": …}`` from DuckDB, or ``REFUSED``."""
    try:
        rows = list(engine.run(statement.read(expression.statement)).rows)
    except QueryError:
        return REFUSED
    return {"value": rows[0]["found"]}


def statements() -> list[str]:
    """Whole statements over the incidents."""
    text = STATEMENTS.read_text(encoding="utf-8")
    return [line.rstrip(";") for line in text.splitlines() if not line.startswith("--")]


def answers() -> dict[str, Any]:
    """``{expression: {"value": …} or {"error": kind}}``, as Trino gave them."""
    found: dict[str, Any] = json.loads(ANSWERS.read_text(encoding="utf-8"))["answers"]
    return found


def record(version: str, ask: Callable[[str], dict[str, Any]]) -> None:
    """Write what ``ask`` answers to every expression's statement."""
    found = {expression.sql: ask(expression.statement) for expression in expressions()}
    lines = ",\n".join(
        f"    {json.dumps(sql, ensure_ascii=False)}: {json.dumps(answer, ensure_ascii=False)}"
        for sql, answer in found.items()
    )
    ANSWERS.write_text(
        f'{{\n  "computed by": "{version}",\n  "answers": {{\n{lines}\n  }}\n}}\n', encoding="utf-8"
    )
