"""One query execution: what was asked, how far it is, and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baseline.simulation.athena.results import Rows

Answer = dict[str, Any]

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass
class Execution:
    """As GetQueryExecution tells it; ``rows`` and ``columns`` once it has succeeded."""

    id: str
    sql: str
    work_group: str
    output: str
    database: str
    submitted: datetime
    cutoff: int
    state: str = "QUEUED"
    reason: str = ""
    completed: datetime | None = None
    scanned: int = 0
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rows: Rows = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED

    @property
    def statement_type(self) -> str:
        """DML or UTILITY; the results of DML alone begin with the columns' names."""
        first = self.sql.split(None, 1)[0].upper()
        return "UTILITY" if first in ("SHOW", "DESCRIBE", "DESC") else "DML"

    def lines(self) -> Rows:
        """The rows as GetQueryResults gives them: those of DML begin with the names."""
        header: Rows = [list(self.columns)] if self.statement_type == "DML" else []
        return header + self.rows

    def described(self) -> Answer:
        """The shape QueryExecution."""
        status: Answer = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.completed:
            status["CompletionDateTime"] = self.completed
        if self.state == "FAILED":
            status["AthenaError"] = {
                "ErrorCategory": 2,
                "ErrorMessage": self.reason,
                "Retryable": False,
            }
        return {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.statement_type,
            "ResultConfiguration": {"OutputLocation": self.output},
            "QueryExecutionContext": {"Database": self.database, "Catalog": "awsdatacatalog"},
            "Status": status,
            "Statistics": {"DataScannedInBytes": self.scanned, "EngineExecutionTimeInMillis": 1},
            "WorkGroup": self.work_group,
            "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"},
        }
