"""Athena's SQL means on DuckDB what it means on Athena."""

from collections.abc import Iterator
from typing import Any

import pytest

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


# The expected values are Trino's, by its documentation.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 / 3 * 3", 0),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 / 2.0", 3.5),
        ("cast(7 as double) / 2", 3.5),
        ("cast(date '2026-07-31' - interval '30' day as varchar)", "2026-07-01"),
        ("to_iso8601(date '2026-07-01')", "2026-07-01"),
        ("to_iso8601(timestamp '2026-07-01 10:00:00')", "2026-07-01T10:00:00.000"),
        ("cast(date_add('day', -1, date '2026-07-01') as varchar)", "2026-06-30"),
        ("cast(date_trunc('month', date '2026-01-02') as varchar)", "2026-01-01"),
        ("'2026-01-02' >= cast(date_trunc('day', date '2026-01-02') as varchar)", True),
        ("date_trunc('hour', timestamp '2026-01-02 10:11:12')", "2026-01-02T10:00:00"),
        ("extract(dow from date '2026-11-22')", 7),
        ("extract(day_of_week from date '2026-11-23')", 1),
        ("extract(year from date '2026-11-23')", 2026),
        ("array_position(array['a', 'b'], 'b')", 2),
        ("array_position(array['a'], 'b')", 0),
        ("array_position(array['a'], cast(NULL as varchar))", None),
        ("date_diff('hour', timestamp '2026-07-01 00:59:00', timestamp '2026-07-01 01:01:00')", 0),
        (
            "date_format(timestamp '2026-07-01 10:02:03', '%Y-%m-%d %H:%i:%s')",
            "2026-07-01 10:02:03",
        ),
        ("to_iso8601(from_iso8601_timestamp('2026-07-01T10:00:00Z'))", "2026-07-01T10:00:00.000Z"),
        ("date_parse('2026-07-01T10:00:00Z', '%Y-%m-%dT%H:%i:%sZ')", "2026-07-01T10:00:00"),
        ("to_unixtime(from_unixtime(1500000000))", 1_500_000_000.0),
        ("""json_extract_scalar('{"a":{"b":"c"}}', '$.a.b')""", "c"),
        ("""json_extract_scalar('{"a":{"b":"c"}}', '$.a')""", None),
        ("""json_extract_scalar('{"a":[1]}', '$.a')""", None),
        ("""json_extract_scalar('{"a-b":[{"c":1}]}', '$["a-b"][0].c')""", "1"),
        ("""json_extract_scalar('{"a":"{not an object"}', '$.a')""", "{not an object"),
        ("json_extract_scalar('not json', '$.a')", None),
        ("json_extract_scalar(NULL, '$.a')", None),
        ("""cast(json_extract('{"a":"b"}', '$.a') as varchar)""", "b"),
        ("""cast(json_extract('{"a":["b","c"]}', '$.a') as array(varchar))""", ["b", "c"]),
        ("""json_size('{"a":[1,2,3]}', '$.a')""", 3),
        ("""json_array_contains('["x","y"]', 'y')""", True),
        ("json_format(json_parse('[1]'))", "[1]"),
        ("regexp_extract('abc', 'z')", None),
        ("regexp_extract('abc', '(b)(c)', 2)", "c"),
        ("regexp_replace('abc', '(b)', '<$1>')", "a<b>c"),
        ("regexp_like('arn:aws:iam::1:root', ':root$')", True),
        ("split_part('a:b', ':', 2)", "b"),
        ("split_part('a:b', ':', 5)", None),
        ("slice(array[1, 2, 3], 2, 2)", [2, 3]),
        ("cardinality(array[1, 2, 3])", 3),
        ("array_join(array['a', 'b'], '-')", "a-b"),
        ("element_at(array['a', 'b'], 2)", "b"),
        ("contains(array['a', 'b'], 'b')", True),
        ("arrays_overlap(array[1, 2], array[2, 3])", True),
        ("any_match(array[1, 2], x -> x > 1)", True),
        ("all_match(array[1, 2], x -> x > 1)", False),
        ("none_match(array[1, 2], x -> x > 2)", True),
        ("transform(array[1, 2], x -> x + 1)", [2, 3]),
        ("filter(array[1, 2, 3], x -> x > 1)", [2, 3]),
        ("contains('10.0.0.0/8', cast('10.1.2.3' as ipaddress))", True),
        ("contains('10.0.0.0/8', try_cast('AWS Internal' as ipaddress))", None),
        ("contains('192.168.0.0/16', ipaddress '192.169.0.1')", False),
        ("url_extract_host('https://console.aws.amazon.com:443/x?y')", "console.aws.amazon.com"),
        ("codepoint('a')", 97),
        ("try_cast('x' as bigint)", None),
        ("try(cast('x' as bigint))", None),
        ("coalesce(nullif('', ''), 'a' || 'b')", "ab"),
        ("format('%s-%s', 'a', 'b')", "a-b"),
        ("'2026-07-23' > '2026-07'", True),
    ],
)
def test_an_expression_gives_what_it_gives_on_athena(
    engine: DuckDB, expression: str, expected: Any
) -> None:
    """Also where DuckDB alone would silently give something else."""
    assert value(engine, expression) == expected


ROWS = "SELECT array[cast(row('a', 'b') AS row(arn varchar, type varchar))] AS rows"
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


def test_times_with_a_zone_are_iso_text(engine: DuckDB) -> None:
    """So that JSON can hold them."""
    assert value(engine, "timestamp '2026-07-01 10:00:00 UTC'") == "2026-07-01T10:00:00+00:00"


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
    assert {types[n] for n in ("requestparameters", "date", "account")} == {"VARCHAR"}
    assert types["resources"].endswith("[]")
