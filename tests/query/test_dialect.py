"""Athena's SQL means on DuckDB what it means on Athena."""

from collections.abc import Iterator
from typing import Any

import pytest

import given_expressions
from baseline.errors import QueryError
from baseline.query import statement
from baseline.query.duckdb import DuckDB


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    engine = DuckDB()
    yield engine
    engine.close()


def value(engine: DuckDB, expression: str) -> Any:
    """What one expression gives."""
    answer = engine.run(statement.read(f"SELECT {expression} AS found"))
    return next(answer.rows)["found"]


ANSWERS = given_expressions.answers()
EXPRESSIONS = tuple(given_expressions.expressions())
ALIKE = [
    e for e in EXPRESSIONS if e.group not in (given_expressions.ALONE, given_expressions.OTHERWISE)
]


def expected(sql: str) -> dict[str, Any]:
    answer: dict[str, Any] = ANSWERS[sql]
    return answer if "value" in answer else given_expressions.REFUSED


def test_every_expression_has_an_answer_of_trino() -> None:
    """``make test-trino OPTIONS=--record`` gets them; and there are enough of all kinds."""
    assert {expression.sql for expression in EXPRESSIONS} == set(ANSWERS)
    assert len(ALIKE) > 450


@pytest.mark.parametrize("group", dict.fromkeys(expression.group for expression in ALIKE))
def test_an_expression_gives_what_it_gives_on_trino(engine: DuckDB, group: str) -> None:
    """Also where DuckDB alone would silently give something else, or where Trino refuses it."""
    members = [expression for expression in ALIKE if expression.group == group]
    answers = {
        expression.sql: given_expressions.answer(engine, expression) for expression in members
    }
    assert answers == {
        sql: ANSWERS[sql] if "value" in ANSWERS[sql] else given_expressions.REFUSED
        for sql in answers
    }


@pytest.mark.parametrize("expression", given_expressions.of(given_expressions.ALONE), ids=str)
def test_what_runs_on_athena_alone_says_so(
    engine: DuckDB, expression: given_expressions.Expression
) -> None:
    """It is refused; nothing of it gives another answer."""
    assert "value" in ANSWERS[expression.sql]
    assert given_expressions.answer(engine, expression) == given_expressions.REFUSED


@pytest.mark.parametrize("expression", given_expressions.of(given_expressions.OTHERWISE), ids=str)
def test_what_is_known_to_differ_differs(
    engine: DuckDB, expression: given_expressions.Expression
) -> None:
    """Else the page on the dialect would warn of nothing."""
    assert given_expressions.answer(engine, expression) != ANSWERS[expression.sql]


@pytest.mark.parametrize("sql", given_expressions.statements())
def test_statements_as_people_write_them_have_rows(over_incidents: DuckDB, sql: str) -> None:
    """That the rows are Trino's is asked by ``make test-trino``."""
    assert list(over_incidents.run(statement.read(sql)).rows)


ROWS = "SELECT array[cast(row('a', 'b') AS row(arn varchar, type varchar))] AS rows"
MAP = "map(array['a', 'b'], array[1, 2])"
LISTS = (
    "SELECT array[1, 2] AS a, array['a'] AS b UNION ALL SELECT NULL, array['b']"
    " UNION ALL SELECT array[], NULL"
)
COUNTED = "SELECT k, count(*) AS n FROM (VALUES 'a', 'b', 'a') AS t (k) GROUP BY 1"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            f"SELECT arn, type FROM ({ROWS}) CROSS JOIN UNNEST(rows) AS t (arn, type)",
            [{"arn": "a", "type": "b"}],
        ),
        (
            f"SELECT b, n FROM ({ROWS}) CROSS JOIN UNNEST(rows) WITH ORDINALITY AS t (a, b, n)",
            [{"b": "b", "n": 1}],
        ),
        (
            "SELECT x, n FROM UNNEST(array['a', 'b']) WITH ORDINALITY AS t (x, n) ORDER BY n",
            [{"x": "a", "n": 1}, {"x": "b", "n": 2}],
        ),
        (
            "SELECT x, y FROM UNNEST(array[1, 2], array['a']) AS t (x, y)",
            [{"x": 1, "y": "a"}, {"x": 2, "y": None}],
        ),
        (
            (
                f"SELECT x, y, n FROM ({LISTS})"
                " LEFT JOIN UNNEST(a, b) WITH ORDINALITY AS t (x, y, n) ON true ORDER BY n, x"
            ),
            [
                {"x": 1, "y": "a", "n": 1},
                {"x": None, "y": "b", "n": 1},
                {"x": 2, "y": None, "n": 2},
                {"x": None, "y": None, "n": None},
            ],
        ),
        (f"SELECT k, v FROM UNNEST({MAP}) AS t (k, v)", [{"k": "a", "v": 1}, {"k": "b", "v": 2}]),
        (
            f"SELECT k, n FROM UNNEST({MAP}) WITH ORDINALITY AS t (k, v, n) WHERE v = 2",
            [{"k": "b", "n": 2}],
        ),
        (
            (
                f"SELECT k, v FROM (SELECT {MAP} AS m)"
                " CROSS JOIN UNNEST(map_entries(m)) AS t (k, v) WHERE v = 2"
            ),
            [{"k": "b", "v": 2}],
        ),
        (
            (
                'SELECT k, v FROM UNNEST(cast(json_parse(\'{"a":"x"}\') AS map(varchar, varchar)))'
                " AS t (k, v)"
            ),
            [{"k": "a", "v": "x"}],
        ),
        ("SELECT 1, 2 AS a, 'x' || 'y'", [{"_col0": 1, "a": 2, "_col2": "xy"}]),
        ("SELECT 1 AS a, 2 AS a", [{"a": 1, "a_1": 2}]),
        (f"{COUNTED} ORDER BY 2 DESC OFFSET 0 LIMIT 1", [{"k": "a", "n": 2}]),
        (f"WITH c AS ({COUNTED}) SELECT max(n) AS most FROM c", [{"most": 2}]),
        (
            (
                "WITH cloudtrail AS (SELECT eventid FROM cloudtrail WHERE date > '2019')"
                " SELECT count(*) AS n FROM cloudtrail"
            ),
            [{"n": 0}],
        ),
        (
            (
                "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3)"
                " SELECT sum(n) AS s FROM t"
            ),
            [{"s": 6}],
        ),
        (
            (
                "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a)"
                " SELECT (SELECT x FROM b) AS y FROM a"
                " UNION SELECT x + 1 FROM b ORDER BY 1"
            ),
            [{"y": 1}, {"y": 2}],
        ),
    ],
)
def test_statements(engine: DuckDB, sql: str, expected: list[dict[str, Any]]) -> None:
    """Unnesting rows, ordinality, names of columns as in Athena."""
    assert list(engine.run(statement.read(sql)).rows) == expected


def test_a_time_of_a_type_that_is_not_known_here_has_a_remedy(engine: DuckDB) -> None:
    """DuckDB does not know the types of aggregates inside expressions."""
    times = "max(from_iso8601_timestamp(eventtime))"
    sql = f"SELECT coalesce({times}, now()) + interval '1' day AS x FROM auditing.cloudtrail"
    with pytest.raises(QueryError, match=r"date \+ interval .* an aggregate .* Name that first"):
        engine.run(statement.read(sql))


def test_times_with_a_zone_are_iso_text(engine: DuckDB) -> None:
    """So that JSON can hold them."""
    assert value(engine, "timestamp '2026-07-01 10:00:00 UTC'") == "2026-07-01T10:00:00+00:00"


def test_fields_of_rows_are_lower_case_as_in_athena(over_incidents: DuckDB) -> None:
    """Whatever the log calls them, at every depth."""
    sql = (
        "SELECT useridentity FROM cloudtrail WHERE useridentity.sessioncontext IS NOT NULL LIMIT 1"
    )
    (row,) = over_incidents.run(statement.read(sql)).rows
    names = row["useridentity"].keys() | row["useridentity"]["sessioncontext"].keys()
    assert {"accountid", "sessionissuer"} <= names
    assert all(name == name.lower() for name in names)


def test_columns_of_the_tables_as_athena_has_them(engine: DuckDB) -> None:
    """The columns of AWS's table in their order, free-form ones as text, and the partitions."""
    rows = list(engine.run(statement.read("DESCRIBE auditing.cloudtrail")).rows)
    names = [row["col_name"] for row in rows]
    types = {row["col_name"]: row["data_type"] for row in rows}
    assert names[:24] == [
        "eventversion",
        "useridentity",
        "eventtime",
        "eventsource",
        "eventname",
        "awsregion",
        "sourceipaddress",
        "useragent",
        "errorcode",
        "errormessage",
        "requestparameters",
        "responseelements",
        "additionaleventdata",
        "requestid",
        "eventid",
        "resources",
        "eventtype",
        "apiversion",
        "readonly",
        "recipientaccountid",
        "serviceeventdetails",
        "sharedeventid",
        "vpcendpointid",
        "tlsdetails",
    ]
    assert names[-3:] == ["account", "region", "date"]
    assert {types[n] for n in ("requestparameters", "date", "account")} == {"string"}
    assert types["resources"] == "array<struct<arn:string,accountid:string,type:string>>"


@pytest.mark.parametrize(
    ("shown", "row"),
    [
        ("SHOW COLUMNS IN cloudtrail_distinct", {"col_name": "readonly", "data_type": "string"}),
        ("DESCRIBE flowlogs", {"col_name": "bytes", "data_type": "bigint"}),
        ('DESCRIBE "flowlogs$partitions"', {"col_name": "date", "data_type": "string"}),
    ],
)
def test_types_are_told_in_athenas_words(engine: DuckDB, shown: str, row: dict[str, str]) -> None:
    """Not in DuckDB's, which nobody could write in a query for Athena."""
    assert row in list(engine.run(statement.read(shown)).rows)
