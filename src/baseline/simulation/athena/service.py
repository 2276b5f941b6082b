"""Query executions: begun, told of, cancelled, and answered in pages."""

import re
import tempfile
import threading
import uuid
from pathlib import Path
from typing import Any, ClassVar

from sqlglot import exp

from baseline.errors import AwsError, QueryError
from baseline.query import pruning, raw, statement, tables
from baseline.query.duckdb import DuckDB
from baseline.simulation import bucket
from baseline.simulation.athena import results
from baseline.simulation.athena.catalog import Partitions
from baseline.simulation.athena.execution import Execution
from baseline.simulation.athena.named_queries import INVALID, NamedQueries, invalid
from baseline.simulation.paging import page
from baseline.simulation.service import Call

Answer = dict[str, Any]

_LARGEST_PAGE = 1_000
_SHOW = re.compile(r"show\s+partitions\s+(?:\w+\.)?[`\"]?(?P<table>\w+)[`\"]?\s*;?", re.IGNORECASE)
_POSITION = re.compile(r"line (\d+), column (\d+)")


class Athena(NamedQueries):
    """Executes what the query engine of this program can, over the partitions that Glue has."""

    name: ClassVar[str] = "athena"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.executions: dict[str, Execution] = {}
        self._running: dict[str, threading.Thread] = {}
        self._engines: dict[str, DuckDB] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What can be pickled: what runs in the background has settled by then."""
        return {k: v for k, v in super().__getstate__().items() if not k.startswith("_")}

    def settle(self) -> None:
        """Wait until every execution has ended."""
        for thread in list(self._running.values()):
            thread.join()

    def close(self) -> None:
        """End what still runs."""
        for execution in self.executions.values():
            self._cancel(execution, "The simulation was closed.")
        self.settle()

    def start_query_execution(self, call: Call) -> Answer:
        """Begin to execute; raises Refusal without a work group or a place for the results."""
        if call.parameters.get("ExecutionParameters"):
            raise invalid("Execution parameters are not simulated.")
        group = self.work_group(call)
        execution = Execution(
            id=str(uuid.uuid4()),
            sql=call.parameters["QueryString"],
            work_group=group.name,
            output=_output(call, group.configuration),
            database=(call.parameters.get("QueryExecutionContext") or {}).get("Database", ""),
            submitted=call.time,
            cutoff=group.configuration.get("BytesScannedCutoffPerQuery") or 0,
        )
        execution.output += f"{execution.id}.csv"
        self.executions[execution.id] = execution
        thread = threading.Thread(target=self._execute, args=(execution, call), daemon=True)
        self._running[execution.id] = thread
        thread.start()
        return {"QueryExecutionId": execution.id}

    def stop_query_execution(self, call: Call) -> Answer:
        """Cancel an execution; one that has ended stays as it is."""
        self._cancel(self._execution(call), "Query was cancelled by user")
        return {}

    def get_query_execution(self, call: Call) -> Answer:
        """How far an execution is."""
        return {"QueryExecution": self._execution(call).described()}

    def batch_get_query_execution(self, call: Call) -> Answer:
        """Several at once; unknown ones apart."""
        ids = call.parameters["QueryExecutionIds"]
        return {
            "QueryExecutions": [
                self.executions[i].described() for i in ids if i in self.executions
            ],
            "UnprocessedQueryExecutionIds": [
                {"QueryExecutionId": i, "ErrorCode": "INVALID_QUERY_EXECUTION_ID"}
                for i in ids
                if i not in self.executions
            ],
        }

    def list_query_executions(self, call: Call) -> Answer:
        """The executions of a work group, the newest first."""
        group = self.work_group(call).name
        ids = [e.id for e in reversed(self.executions.values()) if e.work_group == group]
        parameters = call.parameters
        found, more = page(
            ids, parameters.get("NextToken"), parameters.get("MaxResults"), 50, INVALID
        )
        return {"QueryExecutionIds": found, **more}

    def get_query_results(self, call: Call) -> Answer:
        """A page of the answer; for SELECT the first row has the columns' names."""
        execution = self._execution(call)
        if execution.state != "SUCCEEDED":
            what = "finish successfully. Final" if execution.ended else "finish yet. Current"
            raise invalid(f"Query did not {what} query state: {execution.state}")
        header: results.Rows = (
            [list(execution.columns)] if execution.statement_type == "DML" else []
        )
        parameters = call.parameters
        found, more = page(
            [*header, *execution.rows],
            parameters.get("NextToken"),
            parameters.get("MaxResults"),
            _LARGEST_PAGE,
            INVALID,
        )
        return {
            "UpdateCount": 0,
            "ResultSet": {
                "Rows": [{"Data": [_datum(value) for value in row]} for row in found],
                "ResultSetMetadata": {
                    "ColumnInfo": results.metadata(execution.columns, execution.types)
                },
            },
            **more,
        }

    def _execution(self, call: Call) -> Execution:
        found = self.executions.get(call.parameters["QueryExecutionId"])
        if found is None:
            raise invalid(f"QueryExecution {call.parameters['QueryExecutionId']} was not found")
        return found

    def _cancel(self, execution: Execution, reason: str) -> None:
        if execution.ended:
            return
        execution.state, execution.reason = "CANCELLED", reason
        execution.completed = self.simulation.clock.now()
        if engine := self._engines.get(execution.id):
            engine.interrupt()

    def _execute(self, execution: Execution, call: Call) -> None:
        """Carry ``execution`` out, in a thread of its own."""
        execution.state = "RUNNING"
        try:
            self._answer(execution, call)
        except QueryError as error:
            _fail(execution, f"SYNTAX_ERROR: {_worded(error)}")
        except AwsError as error:
            _fail(execution, f"{error.code or 'GENERIC_INTERNAL_ERROR'}: {error.what}")
        except KeyboardInterrupt:
            pass  # what an interrupted engine raises: the execution was cancelled
        finally:
            self._engines.pop(execution.id, None)
            self._running.pop(execution.id, None)
            if execution.state == "RUNNING":
                execution.state = "SUCCEEDED"
            execution.completed = self.simulation.clock.now()

    def _answer(self, execution: Execution, call: Call) -> None:
        client, here = self.simulation.client, (call.region, call.account_id)
        catalog = Partitions(client("glue", *here), client("s3", *here), tables.SCHEMA)
        shown = _SHOW.fullmatch(execution.sql.strip())
        if shown:
            execution.columns, execution.types = ("partition",), ("varchar",)
            execution.rows = [[name] for name in catalog.named(shown["table"])]
        else:
            self._select(execution, catalog)
        _store(execution)

    def _select(self, execution: Execution, catalog: Partitions) -> None:
        query = statement.read(execution.sql)
        for missing in _named(query) - catalog.tables():
            raise QueryError(f"Table 'awsdatacatalog.{tables.SCHEMA}.{missing}' does not exist")
        with tempfile.TemporaryDirectory(prefix="baseline-athena-") as directory:
            lake, done = raw.stage(catalog, query, Path(directory))
            execution.scanned = catalog.scanned
            if done.set_aside:
                key, reason = done.set_aside[0]
                return _fail(execution, f"HIVE_CURSOR_ERROR: {key} {reason}")
            if execution.cutoff and execution.scanned > execution.cutoff:
                return self._cancel(execution, "Bytes scanned limit was exceeded")
            engine = DuckDB(lake)
            self._engines[execution.id] = engine
            try:
                if not execution.ended:
                    answer = engine.run(query)
                    types = tuple(map(results.named, answer.types))
                    execution.rows = results.rows(answer.columns, types, answer.rows)
                    execution.columns, execution.types = answer.columns, types
            finally:
                engine.close()
        return None


def _output(call: Call, configuration: Answer) -> str:
    """Where results go: as the work group says when it is enforced, else as was asked."""
    own = (configuration.get("ResultConfiguration") or {}).get("OutputLocation", "")
    asked = (call.parameters.get("ResultConfiguration") or {}).get("OutputLocation", "")
    place = own if own and configuration.get("EnforceWorkGroupConfiguration") else asked or own
    if not place:
        raise invalid(
            "No output location provided. An output location is required either through the"
            " Workgroup result configuration setting or as an API input."
        )
    return str(place).rstrip("/") + "/"


def _named(query: Any) -> set[str]:
    """The tables and views that ``query`` names, and those that the views are made of."""
    found = {
        table.name.partition("$")[0]
        for table in query.find_all(exp.Table)
        if table.db == tables.SCHEMA
    }
    return found | set(pruning.tables(query))


def _fail(execution: Execution, reason: str) -> None:
    if not execution.ended:
        execution.state, execution.reason = "FAILED", reason


def _worded(error: QueryError) -> str:
    found = _POSITION.search(error.where)
    return f"line {found[1]}:{found[2]}: {error.what}" if found else error.what


def _store(execution: Execution) -> None:
    if execution.ended:
        return
    name, _, key = execution.output.removeprefix("s3://").partition("/")
    if bucket.find(name) is None:
        _fail(execution, f"The S3 bucket {name} does not exist")
        return
    body = results.as_csv(execution.columns, execution.rows)
    bucket.write(name, key, body, time=execution.submitted, content_type="text/csv")


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}
