"""What is nested deeply is answered soon: no macro puts its argument into itself over and over."""

from collections.abc import Iterator
from typing import Any

import pytest

from baseline.errors import QueryError
from baseline.query import statement
from baseline.query.dialect import translate
from baseline.query.duckdb import DuckDB


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    engine = DuckDB()
    yield engine
    engine.close()


def rows(engine: DuckDB, sql: str) -> list[dict[str, Any]]:
    return list(engine.run(statement.read(sql)).rows)


def found(engine: DuckDB, expression: str) -> Any:
    return rows(engine, f"SELECT {expression} AS found")[0]["found"]


NESTED = {
    "20 divisions": ("1048576e0" + " / 2" * 20, 1.0),
    "20 divisions of whole numbers": ("1048577" + " / 2" * 20, 1),
    "division by divisions": ("1 / (" * 19 + "2e0" + ")" * 19, 0.5),
    "10 casts to text": ("cast(" * 10 + "1.5e0" + " AS varchar)" * 10, "1.5E0"),
    "10 casts to and fro": (
        "cast(cast(" * 5 + "7" + " AS varchar) AS bigint)" * 5,
        7,
    ),
    "divisions in casts": ("cast(cast(" * 4 + "256e0" + " AS varchar) AS double) / 4" * 4, 1.0),
    "10 parts of texts": ("substr(" * 10 + "'abcdefghijkl'" + ", 2)" * 10, "kl"),
    "10 days later": ("date '2026-07-01'" + " + interval '1' day" * 10, "2026-07-11"),
    "10 elements": ("element_at(array[" * 10 + "5" + "], 1)" * 10, 5),
    "addresses": ("cast(cast(" * 3 + "'10.0.0.1'" + " AS ipaddress) AS varchar)" * 3, "10.0.0.1"),
    "10 answers of JSON": (
        "json_extract_scalar(" * 10 + "'{}'" + ", '$.a')" * 10,
        None,
    ),
    "divided by nothing, tried": ("try(5" + " / 2" * 5 + " / 0)", None),
    "nothing, divided": ("cast(NULL AS bigint)" + " / 2" * 6, None),
    "in a function of elements": ("transform(array[64, 128], o -> o" + " / 2" * 6 + ")", [1, 2]),
}


@pytest.mark.parametrize("case", NESTED)
def test_what_is_nested_deeply_is_answered(engine: DuckDB, case: str) -> None:
    """Six divisions took seven seconds once, seven 37."""
    expression, expected = NESTED[case]
    assert found(engine, expression) == expected


STATEMENTS = {
    "groups": (
        (
            "SELECT x / 2 / 2 / 2 / 2 AS y, count(*) AS n FROM (VALUES 16, 32, 33) AS t (x)"
            " GROUP BY x / 2 / 2 / 2 / 2 HAVING x / 2 / 2 / 2 / 2 > 1 ORDER BY x / 2 / 2 / 2 / 2"
        ),
        [{"y": 2, "n": 2}],
    ),
    "aggregates": (
        (
            "SELECT sum(x) / 2 / 2 / min(x) / g AS y FROM (VALUES (64, 1), (64, 2)) AS t (x, g)"
            " GROUP BY g ORDER BY g"
        ),
        [{"y": 0}, {"y": 0}],
    ),
    "a window": (
        (
            "SELECT sum(x) OVER (ORDER BY x) / 2 / 2 / 2 / 2 AS y FROM (VALUES 16, 32) AS t (x)"
            " ORDER BY 1"
        ),
        [{"y": 1}, {"y": 3}],
    ),
    "a query within": (
        (
            "SELECT (SELECT max(x) / 2 / 2 / 2 / u.z FROM (VALUES 16, 32) AS t (x)) AS y"
            " FROM (VALUES 1, 2) AS u (z) ORDER BY 1"
        ),
        [{"y": 2}, {"y": 4}],
    ),
    "the greatest of days": (
        "SELECT max(t)" + " + interval '1' day" * 6 + " AS y FROM (VALUES date '2026-07-01')"
        " AS t (t)",
        [{"y": "2026-07-07"}],
    ),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_what_is_nested_deeply_may_stand_anywhere(engine: DuckDB, case: str) -> None:
    """What is computed before must be allowed beside aggregates, groups and windows."""
    sql, expected = STATEMENTS[case]
    assert rows(engine, sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        " UNION ALL ".join(["SELECT 1 AS x"] * 1_200),
        f"SELECT {'(' * 2_000}1{')' * 2_000} AS x",
        f"SELECT 1e0{' / 2' * 120} AS x",
    ],
    ids=["UNION", "brackets", "divisions"],
)
def test_what_is_longer_than_python_is_deep_is_refused_in_a_sentence(
    engine: DuckDB, sql: str
) -> None:
    """It is no bug, wherever on the way the end of the stack is met."""
    with pytest.raises(QueryError, match="is nested too deeply"):
        rows(engine, sql)


@pytest.mark.parametrize(
    "expression",
    [
        "sum(bytes) / 1024",
        "cast(json_extract_scalar(requestparameters, '$.a') AS varchar)",
        "cast(count(*) / 2 AS varchar)",
        "contains('10.0.0.0/8', cast(srcaddr AS ipaddress))",
    ],
)
def test_what_people_write_is_handed_over_as_it_was(expression: str) -> None:
    """To put a value aside costs more than to compute it twice."""
    assert "list_transform" not in translate(statement.read(f"SELECT {expression}")).lower()
