"""Athena: the same SQL where the logs are, started, waited for, paged, and cancelled if need be.

Athena answers in text; values come back in the types that DuckDB's answers have. Rows, arrays and
maps stay the text that Athena makes of them, which cannot be read back without doubt.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from baseline.errors import AwsError, BaselineError, QueryError
from baseline.query.engine import Answer, Row, unique
from baseline.query.statement import CATALOG
from baseline.query.tables import SCHEMA

# List price for a terabyte scanned, and the least that a query is billed for. Regions differ.
# [Amazon Athena pricing, us-east-1, 2026]
DOLLARS_A_TERABYTE = 5.0
_TERABYTE = 1024**4
_LEAST = 10 * 1024**2

_FIRST_LOOK, _SLOWEST_LOOK = 0.2, 2.0  # seconds between two looks at a query
_PAGE = 1_000
_POSITION = re.compile(r"\bline (\d+):(\d+): ")
_TIME = re.compile(r"(\S{10} \S+)(?: (\S+))?")


@dataclass(frozen=True)
class Execution:
    """A query as it is now: its id, state and the bytes it has scanned so far."""

    id: str
    state: str
    scanned: int
    reason: str = ""
    with_header: bool = True

    @property
    def ended(self) -> bool:
        """Whether Athena is done with it."""
        return self.state in ("SUCCEEDED", "FAILED", "CANCELLED")

    @property
    def dollars(self) -> float:
        """What it costs at the list price."""
        return max(self.scanned, _LEAST) / _TERABYTE * DOLLARS_A_TERABYTE


class Athena:
    """An engine over the tables in Glue; ``client`` is boto3's, ``workgroup`` has the limits.

    ``max_bytes`` ends a query that scans more. ``watch`` is told how far a query is.
    """

    def __init__(
        self,
        client: Any,
        workgroup: str,
        *,
        max_bytes: int | None = None,
        watch: Callable[[Execution], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._workgroup = workgroup
        self._max_bytes = max_bytes
        self._watch = watch
        self._sleep = sleep

    def run(self, sql: str) -> Answer:
        """The answer to ``sql``; raises QueryError, or an AwsError, and leaves nothing running."""
        execution = self._finished(self._started(sql))
        pages = self._pages(execution.id)
        first = next(pages)
        described = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        columns = unique([column["Name"] for column in described])
        types = tuple(column["Type"] for column in described)
        rows = _rows(first, pages, columns, types, skip=int(execution.with_header))
        return Answer(columns, rows, types)

    def _started(self, sql: str) -> str:
        try:
            started = self._client.start_query_execution(
                QueryString=sql,
                QueryExecutionContext={"Database": SCHEMA, "Catalog": CATALOG},
                WorkGroup=self._workgroup,
            )
        except AwsError as error:
            raise self._without_work_group(error) from error
        return str(started["QueryExecutionId"])

    def _without_work_group(self, error: AwsError) -> AwsError:
        """``error``, or what makes the work group when that is missing."""
        if f"WorkGroup {self._workgroup}" not in error.what:
            return error
        return AwsError(
            f"there is no work group {self._workgroup}",
            code=error.code,
            where=error.where,
            remedy="Roll it out: baseline rollout deploy --only auditing-analytics",
        )

    def _finished(self, execution_id: str) -> Execution:
        """The execution once it has succeeded; whatever else happens to us, it is stopped."""
        try:
            execution = self._waited_for(execution_id)
        except BaseException:
            with suppress(BaselineError):  # the first error is the one to tell
                self._client.stop_query_execution(QueryExecutionId=execution_id)
            raise
        if execution.state != "SUCCEEDED":
            raise _refused(execution)
        return execution

    def _waited_for(self, execution_id: str) -> Execution:
        pause = _FIRST_LOOK
        while not (execution := self._look(execution_id)).ended:
            self._watch(execution)
            self._check(execution)
            self._sleep(pause)
            pause = min(_SLOWEST_LOOK, pause * 1.5)
        self._watch(execution)
        self._check(execution)
        return execution

    def _look(self, execution_id: str) -> Execution:
        found = self._client.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        status = found["Status"]
        return Execution(
            execution_id,
            status["State"],
            found.get("Statistics", {}).get("DataScannedInBytes", 0),
            status.get("StateChangeReason", ""),
            with_header=found.get("StatementType") == "DML",
        )

    def _check(self, execution: Execution) -> None:
        if self._max_bytes is not None and execution.scanned > self._max_bytes:
            raise QueryError(
                f"scanned {execution.scanned:,} bytes, more than {self._max_bytes:,}",
                where=f"Athena, query {execution.id}",
                remedy="It was stopped. Narrow account, region and date, or raise --max-bytes.",
            )

    def _pages(self, execution_id: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("get_query_results")
        yield from pages.paginate(
            QueryExecutionId=execution_id, PaginationConfig={"PageSize": _PAGE}
        )


def _rows(
    first: dict[str, Any],
    others: Iterator[dict[str, Any]],
    columns: tuple[str, ...],
    types: tuple[str, ...],
    *,
    skip: int,
) -> Iterator[Row]:
    """The rows of all pages; ``skip`` is 1 where the first row only repeats the names."""
    rows = first["ResultSet"]["Rows"][skip:]
    while True:
        for row in rows:
            values = [datum.get("VarCharValue") for datum in row["Data"]]
            yield {
                name: value(text, kind)
                for name, text, kind in zip(columns, values, types, strict=True)
            }
        page = next(others, None)
        if page is None:
            return
        rows = page["ResultSet"]["Rows"]


def value(text: str | None, kind: str) -> Any:
    """Athena's text of one value in JSON's types; times as ISO text."""
    return None if text is None else _READERS.get(kind, str)(text)


def _number(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def _decimal(text: str) -> float | int:
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _iso(text: str) -> str:
    """``2026-07-01 10:00:00.000 UTC`` as ISO text, as Python writes it."""
    found = _TIME.fullmatch(text)
    if not found:
        return text
    try:
        moment = datetime.fromisoformat(found[1])
        zone = UTC if found[2] == "UTC" else ZoneInfo(found[2]) if found[2] else None
    except (ValueError, ZoneInfoNotFoundError):
        return text
    return moment.replace(tzinfo=zone).isoformat()


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("double", "float", "real"), _number),
    **dict.fromkeys(("timestamp", "timestamp with time zone"), _iso),
    "boolean": "true".__eq__,
    "decimal": _decimal,
}


def _refused(execution: Execution) -> QueryError:
    """What Athena said of a query that failed, or was cancelled by somebody else."""
    reason = execution.reason or f"ended as {execution.state}"
    if "Bytes scanned limit" in reason:
        return QueryError(
            f"scanned {execution.scanned:,} bytes, more than the work group allows",
            where=f"Athena, query {execution.id}",
            remedy="Narrow account, region and date, or raise the limit in baseline.yaml.",
        )
    found = _POSITION.search(reason)
    where = f"line {found[1]}, column {found[2]}" if found else f"Athena, query {execution.id}"
    return QueryError(reason[found.end() :] if found else reason, where=where)
