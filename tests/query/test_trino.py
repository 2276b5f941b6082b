"""DuckDB and a real Trino server, Athena's engine, give the same rows.

``make test-trino`` asks for these; with ``OPTIONS=--record`` it keeps Trino's answers.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from sqlglot import exp

import given_expressions
from baseline.logs import schema
from baseline.logs.convert import text
from baseline.logs.lake import Lake
from baseline.logs.layout import TABLES
from baseline.query import catalogue, detections, functions, statement
from baseline.query.duckdb import DuckDB
from baseline.templates.analytics import VIEWS
from given_incidents import ROWS, needed
from given_trino import VERSION, Trino, TrinoError, a_trino, why_not

pytestmark = pytest.mark.trino
BUCKET = "warehouse"
SAVED = catalogue.saved()


@pytest.fixture(scope="session")
def trino(request: pytest.FixtureRequest) -> Iterator[Trino]:
    if not request.config.getoption("--trino"):
        pytest.skip("asks a real Trino server: make test-trino")
    if missing := why_not():
        pytest.skip(missing)
    with a_trino() as server:
        yield server


@pytest.fixture(scope="session")
def tables(
    trino: Trino, lake_of_incidents: Lake, tmp_path_factory: pytest.TempPathFactory
) -> Trino:
    """The server with the tables of the lake, in S3 and partitioned as Athena's are."""
    s3 = _s3(trino)
    s3.create_bucket(Bucket=BUCKET)
    trino.run("CREATE SCHEMA auditing")
    for table in TABLES:
        directory = tmp_path_factory.mktemp(table)
        write_partitions(table, lake_of_incidents.files(table), directory)
        for file in directory.rglob("*.parquet"):
            s3.upload_file(str(file), BUCKET, f"{table}/{file.relative_to(directory)}")
        trino.run(definition(table))
        trino.run(f"CALL system.sync_partition_metadata('auditing', '{table}', 'ADD')")
    (distinct,) = (view for view in VIEWS if view.name == "cloudtrail_distinct")
    names = ", ".join(f'"{column.name}"' for column in schema.columns("cloudtrail"))
    trino.run(f"CREATE VIEW {distinct.name} AS {distinct.sql.format(columns=names)}")
    return trino


def _s3(trino: Trino) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=trino.s3,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="session")
def flows(trino: Trino, tables: Trino) -> Trino:
    """The server with a table for each format of flow logs, and the view of both."""
    names = [f'"{column.name}"' for column in schema.columns("flowlogs")]
    kinds = ", ".join(f"{name} {_ROWS_OF_TEXT.get(name, 'varchar')}" for name in names)
    keys = "partitioned_by = ARRAY['account', 'region', 'date']"
    form = "textfile_field_separator = ' ', null_format = '-', skip_header_line_count = 1"
    for name, stored in (("text", f"'TEXTFILE', {form}"), ("parquet", "'PARQUET'")):
        where = f"external_location = 's3://{BUCKET}/flowlogs_{name}'"
        tables.run(
            f"CREATE TABLE flowlogs_{name} ({kinds}) WITH (format = {stored}, {where}, {keys})"
        )
    (view,) = (view for view in VIEWS if view.name == "flowlogs")
    tables.run(f"CREATE VIEW flowlogs_of_both AS {view.sql.format(columns=', '.join(names))}")
    for day, (fields, rows) in enumerate(FLOWS, start=1):
        lines = "\n".join([" ".join(fields), *rows])
        key = f"flowlogs_text/account=1/region=r/date=2026-07-{day:02}/a.log.gz"
        _s3(trino).put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(lines.encode()))
    tables.run("CALL system.sync_partition_metadata('auditing', 'flowlogs_text', 'ADD')")
    return tables


_ROWS_OF_TEXT = {
    f'"{column.name}"': "bigint" for column in schema.FLOWLOGS if column.type == "BIGINT"
}
_ORDER = [column.field for column in schema.FLOWLOGS]
_V2 = "2 123456789012 eni-1 10.0.0.1 10.0.0.2 443 50000 6 1 40 1 2 ACCEPT OK"
_V5 = f"{_V2} vpc-1 subnet-1 i-1 2 IPv4 10.0.0.1 10.0.0.2"
# Header and lines; the order of the first three is the table's.
FLOWS = [
    (_ORDER[:14], [_V2, "2 unknown eni-1 - - - - - - - 1 2 - NODATA"]),
    (_ORDER, [f"{_V5} euw1-az1 - - - - ingress 1 {'- ' * 12}-"]),
    (_ORDER[:4], ["2 123456789012 eni-1 10.0.0.1"]),
    (["version", "vpc-id", "srcaddr", "dstaddr"], ["2 vpc-1 10.0.0.1 10.0.0.2"]),
    (["srcaddr", "dstaddr"], ["10.0.0.1 10.0.0.2"]),
    ([*_ORDER[:21], "region", *_ORDER[21:]], [f"{_V5} eu-west-1 euw1-az1 {'- ' * 18}-"]),
]


def test_flow_logs_are_read_by_position_and_never_wrongly(flows: Trino) -> None:
    """A file in another order ends the query, and is named; days beside it can be asked for."""
    asked = "SELECT interface_id, action, az_id FROM flowlogs_of_both WHERE date"
    rows = [tuple(row.values()) for row in flows.run(f"{asked} < '2026-07-04'")]
    assert sorted(rows, key=str) == [
        ("eni-1", "ACCEPT", "euw1-az1"),
        ("eni-1", "ACCEPT", None),
        ("eni-1", None, None),
        ("eni-1", None, None),
    ]
    for day in range(4, 7):
        with pytest.raises(TrinoError, match=rf"not in the order of the table.*-0{day}/a\.log"):
            flows.run(f"{asked} = '2026-07-0{day}'")
        with pytest.raises(TrinoError):
            flows.run(f"SELECT count(*) FROM flowlogs_of_both WHERE date = '2026-07-0{day}'")


def write_partitions(table: str, files: list[str], directory: Path) -> None:
    names = ", ".join(f'"{column.name}"' for column in schema.columns(table)[:-1])
    duckdb.sql(
        f'COPY (SELECT {names}, substr(parse_dirpath(filename), -10) AS "date"'
        f" FROM read_parquet([{', '.join(map(text, files))}], filename = true,"
        f" hive_partitioning = false)) TO {text(str(directory))}"
        ' (FORMAT parquet, PARTITION_BY (account, region, "date"), OVERWRITE_OR_IGNORE)'
    )


def definition(table: str) -> str:
    columns = ", ".join(
        f'"{column.name}" {exp.DataType.build(column.type, dialect="duckdb").sql("trino")}'
        for column in schema.columns(table)
    )
    return (
        f"CREATE TABLE {table} ({columns}) WITH (format = 'PARQUET',"
        f" external_location = 's3://{BUCKET}/{table}',"
        " partitioned_by = ARRAY['account', 'region', 'date'])"
    )


def asked(trino: Trino, sql: str) -> dict[str, Any]:
    try:
        return {"value": trino.run(sql)[0]["found"]}
    except TrinoError as refused:
        return {"error": refused.name}


def comparable(value: Any) -> Any:
    """Numbers of 12 digits, and lists without their order, which array_agg does not promise."""
    match value:
        case bool():
            return value
        case int() | float():
            return float(f"{value:.12g}")
        case list():
            return sorted(map(comparable, value), key=repr)
        case dict():
            return {key: comparable(inner) for key, inner in value.items()}
    return value


def as_set(rows: list[dict[str, Any]], without: set[str]) -> list[str]:
    # DuckDB calls a column as the table does, Trino as the query: only the case differs.
    kept = [{name.lower(): row[name] for name in row.keys() - without} for row in rows]
    return sorted(json.dumps(comparable(row), sort_keys=True) for row in kept)


def test_the_expressions_are_what_trino_answers(
    trino: Trino, request: pytest.FixtureRequest
) -> None:
    """The answers that an ordinary run compares with were given by this server."""
    if request.config.getoption("--record"):
        given_expressions.record(f"Trino {VERSION}", lambda sql: asked(trino, sql))
    recorded = given_expressions.answers()
    for expression in given_expressions.expressions():
        assert asked(trino, expression.statement) == recorded[expression.sql], expression


def test_the_names_of_functions_are_those_of_the_server(trino: Trino) -> None:
    """Those that it has and the file has not would be refused here for nothing."""
    shown = {row["Function"].lower() for row in trino.run("SHOW FUNCTIONS")}
    assert shown == functions.SHOWN


@pytest.mark.parametrize("saved", SAVED, ids=[saved.name for saved in SAVED])
def test_a_saved_query_gives_the_same_rows(
    tables: Trino, over_incidents: DuckDB, saved: catalogue.SavedQuery
) -> None:
    """Over the incidents, so that there are rows; Trino gets the text that Athena would get."""
    values = saved.literals(needed(saved) | (ROWS[saved.name].values if saved.name in ROWS else {}))
    query = statement.read(saved.sql, values)
    here = list(over_incidents.run(query).rows)
    there = tables.run(statement.filled(saved.sql, values))
    assert here
    assert as_set(here, by_chance(query)) == as_set(there, by_chance(query))


@pytest.mark.parametrize("sql", given_expressions.statements())
def test_a_statement_gives_the_same_rows(tables: Trino, over_incidents: DuckDB, sql: str) -> None:
    """Joins, windows, groupings, unnesting and orders, as people write them."""
    here = list(over_incidents.run(statement.read(sql)).rows)
    assert as_set(here, set()) == as_set(tables.run(sql), set())


def test_the_detections_together_give_the_same_rows(tables: Trino, over_incidents: DuckDB) -> None:
    """One statement for all of them. The event that a count names is one of several."""
    query = detections.together(detections.at_least(SAVED, "informational"), detections.Scope())
    here = list(over_incidents.run(query).rows)
    counted = {saved.name for saved in SAVED if "max_by" in saved.sql}
    for rows in (here, there := tables.run(query.sql(dialect="athena"))):
        for row in rows:
            if row["detection"] in counted:
                row |= {"eventid": None, "sourceip": None}
    assert as_set(here, set()) == as_set(there, set())


def by_chance(query: exp.Query) -> set[str]:
    """Columns that are of one of several events of the same second."""
    return {
        projection.alias
        for projection in query.find_all(exp.Alias)
        if projection.find(exp.ArgMax, exp.ArgMin)
    }
