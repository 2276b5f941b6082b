"""The tables that can be asked, and their columns.

Logs are in the lake, or in S3 for Athena. What was found, and what the roll-out proved, is kept on
this machine alone.
"""

from sqlglot import exp

from baseline.findings import coverage, history
from baseline.logs import schema
from baseline.logs.layout import TABLES
from baseline.logs.schema import Column

SCHEMA = "auditing"
DISTINCT = "cloudtrail_distinct"
# With the history: every run and reading, every proof. Without it: what stands now.
FINDINGS, FINDINGS_HISTORY = "findings", "findings_history"
COVERAGE, COVERAGE_HISTORY = "coverage", "coverage_history"

_FINDINGS = tuple(Column(name) for name in (*history.COLUMNS, history.OCSF))
_COVERAGE = tuple(Column(name) for name in coverage.COLUMNS)
KEPT = {
    FINDINGS: _FINDINGS,
    FINDINGS_HISTORY: _FINDINGS,
    COVERAGE: _COVERAGE,
    COVERAGE_HISTORY: _COVERAGE,
}
OF_FINDINGS = frozenset({FINDINGS, FINDINGS_HISTORY})
SHOWN = (*TABLES, DISTINCT, *KEPT)
# What a query may name. The view of partitions is Athena's "table$partitions".
NAMES = (*SHOWN, *(f"{table}$partitions" for table in TABLES))


def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table or view in ``NAMES``."""
    if table in KEPT:
        return KEPT[table]
    if table.endswith("$partitions"):
        return schema.PARTITIONS
    return schema.columns(table.removesuffix("_distinct"))


def every_column() -> list[Column]:
    """The columns of all tables."""
    return [column for table in SHOWN for column in columns(table)]


def kept(query: exp.Query) -> frozenset[str]:
    """The tables on this machine alone that ``query`` reads."""
    return frozenset(t.name for t in query.find_all(exp.Table) if t.db == SCHEMA) & KEPT.keys()
