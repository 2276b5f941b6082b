"""What is no query of the logs is refused, in one sentence with its place."""

import pytest

from baseline.errors import QueryError
from baseline.query import statement
from baseline.query.duckdb import DuckDB


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE auditing.cloudtrail",
        "INSERT INTO auditing.cloudtrail SELECT 1",
        "WITH gone AS (DELETE FROM auditing.cloudtrail) SELECT 1",
        "CREATE TABLE x AS SELECT 1",
        "COPY (SELECT 1) TO '/tmp/x'",
        "ATTACH '/tmp/x.db'",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/x'",
        "EXECUTE x",
        "UNLOAD (SELECT 1) TO 's3://b/'",
        "/* SELECT */ DROP TABLE x",
        "-- SELECT\nDROP TABLE x",
        "SELECT 1; DROP TABLE x",
        "SELECT 1; SELECT 2",
        "SELECT * INTO x FROM auditing.cloudtrail",
        "EXPLAIN SELECT 1",
        "",
        " ; ",
    ],
)
def test_only_one_query_at_a_time(sql: str) -> None:
    """Nothing that writes, loads or leaves."""
    with pytest.raises(QueryError):
        statement.read(sql)


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('/etc/passwd')",
        "read_text('/etc/passwd')",
        "read_parquet('/etc/passwd')",
        "glob('/*')",
        "query('SELECT 1')",
        "duckdb_settings()",
        "'/etc/passwd'",
        '"/etc/passwd"',
        "information_schema.tables",
        "other.cloudtrail",
        "auditing.cloudtrail CROSS JOIN LATERAL read_text('/etc/passwd')",
        "auditing.cloudtrail, read_text('/etc/passwd')",
        "(SELECT * FROM read_text('/etc/passwd'))",
    ],
)
def test_nothing_but_the_logs_can_be_read(source: str) -> None:
    """No file, no catalogue, no function that makes a table."""
    with pytest.raises(QueryError):
        statement.read(f"SELECT * FROM {source}")


def test_the_engine_itself_is_locked_in() -> None:
    """Also if something came through, DuckDB would not open it."""
    engine = DuckDB()
    try:
        for sql in (
            "SELECT * FROM read_text('/etc/passwd')",
            "SET enable_external_access = true",
            "ATTACH '/tmp/x.db'",
        ):
            with pytest.raises(Exception, match=r"disabled|locked"):
                engine._connection.execute(sql)
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT count(* FROM x", "line 1, column 16: Expecting )"),
        ("SELECT *\nFROM auditing.cloudtrial", "line 2, column 15: there is no table"),
        ("SELECT * FROM auditing.cloudtrial", "Did you mean auditing.cloudtrail?"),
        ("SELECT *\n  FROM read_csv('x')", "line 2, column 8: READ_CSV cannot be read from"),
        ("SELECT 'a", "Is a quote or a comment not closed?"),
        ("SELECT :day", "the parameter :day has no value"),
        ("SELECT ?", "the parameter ? has no value"),
        ("SHOW CREATE TABLE x", "Known: SHOW TABLES"),
        ("DESCRIBE auditing.nothing", "there is no table auditing.nothing"),
    ],
)  # fmt: skip
def test_the_sentence_names_the_place(sql: str, sentence: str) -> None:
    """And, where it can, what was meant."""
    with pytest.raises(QueryError) as refused:
        statement.read(sql)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT evntname FROM auditing.cloudtrail", "column 8: there is no column evntname"),
        ("SELECT evntname FROM auditing.cloudtrail", "Did you mean eventname?"),
        ("SELECT\n useridentity.acountid FROM cloudtrail", "line 2, column 15: there is no field"),
        ("SELECT useridentity.acountid FROM cloudtrail", "Did you mean accountid?"),
        ("SELECT nonsense(1)", "nonsense does not exist"),
        ("SELECT 1 / 0", "Division by zero"),
        ("SELECT * FROM auditing.cloudtrail WHERE date > 5", "Cannot compare"),
    ],
)  # fmt: skip
def test_what_the_engine_refuses_names_the_column(sql: str, sentence: str) -> None:
    """In the words of the query that was written, not of its translation."""
    engine = DuckDB()
    try:
        with pytest.raises(QueryError) as refused:
            list(engine.run(statement.read(sql)).rows)
    finally:
        engine.close()
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_parameters_are_values_never_sql() -> None:
    """A quote in a value ends nothing."""
    hostile = "'; DROP TABLE x; --"
    query = statement.read("SELECT :a AS a", statement.literals({"a": hostile}))
    engine = DuckDB()
    try:
        assert list(engine.run(query).rows) == [{"a": hostile}]
    finally:
        engine.close()


def test_a_parameter_that_does_not_occur_is_a_mistake() -> None:
    """It was meant for something."""
    with pytest.raises(QueryError, match=r"dya does not occur.*Parameters here: day"):
        statement.read("SELECT :day", statement.literals({"day": "1", "dya": "2"}))


@pytest.mark.parametrize(
    "table",
    ["auditing.cloudtrail", "cloudtrail", "Auditing.CloudTrail", '"auditing"."cloudtrail"',
     "awsdatacatalog.auditing.cloudtrail", '"AwsDataCatalog"."auditing"."cloudtrail"'],
)  # fmt: skip
def test_names_of_a_table_as_athena_takes_them(table: str) -> None:
    """With catalog and schema or without, in any case, quoted or not."""
    engine = DuckDB()
    try:
        found = list(engine.run(statement.read(f"SELECT count(*) AS n FROM {table} AS t")).rows)
    finally:
        engine.close()
    assert found == [{"n": 0}]
