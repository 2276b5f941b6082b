"""What is no query of the logs is refused, in one sentence with its place."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.errors import QueryError
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import statement
from baseline.query.duckdb import DuckDB
from given_logs import ACCOUNT, DAY, given_a_log


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    engine = DuckDB()
    yield engine
    engine.close()


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
        "ROWS FROM (read_text('/etc/passwd'))",
    ],
)
def test_nothing_but_the_logs_can_be_read(source: str) -> None:
    """No file, no catalogue, no function that makes a table."""
    with pytest.raises(QueryError):
        statement.read(f"SELECT * FROM {source}")


@pytest.mark.parametrize("name", ["duckdb_views", "sqlite_master", '"/lake/other.csv"'])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM {0} WHERE EXISTS (WITH {0} AS (SELECT 1 AS a) SELECT * FROM {0})",
        "SELECT * FROM (WITH {0} AS (SELECT 1 AS a) SELECT * FROM {0}) AS t, {0}",
        "WITH {0} AS (SELECT * FROM {0}) SELECT * FROM {0}",
        "WITH RECURSIVE {0} AS (SELECT * FROM {0}) SELECT * FROM {0}",
        "WITH RECURSIVE {0} AS (SELECT a FROM {0} UNION ALL SELECT 1) SELECT * FROM {0}",
        "WITH RECURSIVE b AS (SELECT * FROM {0}), {0} AS (SELECT 1 AS a) SELECT * FROM b",
        "WITH {0} AS (SELECT 1 AS a) SELECT * FROM main.{0}",
    ],
)
def test_a_name_of_a_with_counts_where_it_holds_only(sql: str, name: str) -> None:
    """Elsewhere the same name is the engine's own, or a file."""
    with pytest.raises(QueryError, match="there is no table"):
        statement.read(sql.format(name))


@pytest.mark.parametrize("call", ["unnest(array[1, 2])", "unnest(array[1, 2]) AS t"])
def test_unnest_is_no_value(call: str) -> None:
    """On Athena it stands after FROM only."""
    with pytest.raises(QueryError, match=r"line 1, column 8: .*CROSS JOIN UNNEST"):
        statement.read(f"SELECT {call}")


def test_the_engine_opens_the_parts_of_the_lake_only(tmp_path: Path) -> None:
    """Not the manifest, nor what else lies in the directory."""
    given_a_log(tmp_path / "bucket")
    lake = Lake.create(tmp_path / "lake")
    source = Directory(tmp_path / "bucket")
    collect(source, lake, days(source, Selection()))
    (lake.path / "other.csv").write_text("a\n1\n")
    engine = DuckDB(lake)
    try:
        assert len(list(engine.run(statement.read("SELECT * FROM cloudtrail")).rows)) == 1
        for name in ("other.csv", "manifest.sqlite"):
            with pytest.raises(Exception, match="disabled"):
                engine._connection.execute(f"SELECT * FROM read_text('{lake.path / name}')")
    finally:
        engine.close()


def test_the_path_to_the_lake_says_nothing_about_its_rows(tmp_path: Path) -> None:
    """Also when its directories are called like columns."""
    given_a_log(tmp_path / "bucket")
    lake = Lake.create(tmp_path / "account=9/date=x/lake")
    source = Directory(tmp_path / "bucket")
    collect(source, lake, days(source, Selection()))
    engine = DuckDB(lake)
    try:
        query = statement.read("SELECT account, date FROM cloudtrail WHERE date > '2026-06'")
        assert list(engine.run(query).rows) == [{"account": ACCOUNT, "date": DAY}]
    finally:
        engine.close()


def test_ctrl_c_ends_a_query(engine: DuckDB) -> None:
    """As an interruption, not as a bug."""
    sql = "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 300000) "
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        list(engine.run(statement.read(sql + "SELECT count(*) FROM t")).rows)
    timer.join()


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
        ("SELECT 'a", "line 1, column 8: a quote opens here and is not closed. A quote in a text"),
        ("SELECT 'a', -- it's\n 'it's'", "line 2, column 7: a quote opens here and is not closed"),
        ("SELECT 1\n/* 'a", "line 2, column 1: a comment opens here and is not closed. Close it."),
        ('SELECT "a', "column 8: a quote opens here and is not closed. Close it."),
        ("SELECT TOP 5 eventname FROM t", "column 8: TOP is not Athena's. Write LIMIT 5 at the e"),
        ("SELECT to_timestamp(eventtime)", "Write from_iso8601_timestamp(text), or from_unixtime"),
        ("SELECT :day", "the parameter :day has no value"),
        ("SELECT ?", "the parameter ? has no value"),
        ("SHOW CREATE TABLE x", "Known: SHOW TABLES"),
        ("SELECT\n eventname::varchar FROM t", "line 2, column 11: x::type is not Athena's"),
        ("SELECT 1 WHERE 'a' IN ('a'\n 'b')", "line 2, column 2: two texts without a comma"),
        ("SELECT [1, 2]", "line 1, column 8: […] is not Athena's"),
        ("SELECT * EXCLUDE (date) FROM cloudtrail", "* EXCLUDE is not Athena's"),
        ("SELECT 1 FROM cloudtrail GROUP BY ALL", "GROUP BY ALL is not Athena's"),
        ("SELECT * FROM auditing.flowlogs_text", "auditing.flowlogs has both formats"),
        ('SELECT * FROM "flowlogs_parquet$partitions"', "baseline logs partitions"),
        ("DESCRIBE auditing.nothing", "there is no table auditing.nothing"),
        ("SELECT\n string_agg(k, ',')", "line 2, column 2: Athena has no function string_agg"),
        ("SELECT string_agg(k, ',') FROM cloudtrail", "Write array_join(array_agg(x), ',') or lis"),
        ("SELECT len('a')", "Write length(text), or cardinality(array)."),
        ("SELECT nvl(a, 1)", "Write coalesce(a, b)."),
        ("SELECT strftime(a, '%Y')", "Write date_format(x, '%Y-%m-%d')."),
        ("SELECT lenght('a')", "Did you mean length?"),
        ("SELECT a ->> '$.b'", "line 1, column 10: ->> is not Athena's. Write json_extract_scalar"),
        ("SELECT 1 WHERE a ILIKE 'b'", "column 18: ILIKE is not Athena's. Write lower(text) LIKE"),
        ("SELECT 1 LIMIT 1 OFFSET 5", "column 18: an offset after LIMIT is not Athena's. Write"),
        ("SELECT 1 LIMIT 5, 1", "column 17: an offset after LIMIT is not Athena's"),
        ("SELECT a, FROM cloudtrail", "column 9: a comma follows the last of the list. Leave it"),
        ("SELECT now() - interval 1 day", "column 16: this INTERVAL is not Athena's. Write INT"),
        ("SELECT 1 FETCH FIRST 10 PERCENT ROWS ONLY", "PERCENT is not Athena's"),
        ("SELECT `eventname` FROM cloudtrail", "column 8: ` is not Athena's. Names go in double"),
        ("SELECT FROM", "line 1, column 8: Expected table name at 'FROM'. The"),
        ("SELECT 1 FROM t JOIN", "column 17: Expected table name at 'JOIN'. The"),
        ("SELECT start, end FROM flowlogs", "column 15: end is a word of the grammar, no name"),
        ("SELECT f.end FROM flowlogs AS f", "column 10: end is a word of the grammar, no name"),
        ("SELECT CASE WHEN end > 5 THEN 1 END FROM flowlogs", "column 18: end is a word of the"),
        ("SELECT 1 AS end", 'column 13: end is a word of the grammar, no name. Write "end".'),
        ("SELECT 1 FROM cloudtrail JOIN flowlogs ON", "column 40: nothing follows ON"),
        ("SELECT 1 FROM a JOIN b ON WHERE x = 1", "column 24: nothing follows ON"),
        ("SELECT count(*) FROM cloudtrail GROUP BY", "column 33: nothing follows GROUP BY"),
        ("SELECT 1_0e2", "column 9: a name begins with a digit"),
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
        ("SELECT evntname AS evntname FROM cloudtrail", "there is no column evntname. Did you"),
        (
            'SELECT 1 FROM cloudtrail WHERE eventname = "StopLogging"',
            "column 44: there is no column StopLogging. Text goes in single quotes: 'StopLogging'.",
        ),
        ('SELECT "it\'s" FROM cloudtrail', "Text goes in single quotes: 'it''s'."),
        ('SELECT c."evntname" FROM cloudtrail AS c', "Did you mean eventname?"),
        ("SELECT 1,\n nonsense(1)", "line 2, column 2: Athena has no function nonsense"),
        ("SELECT checksum('a')", "there is no function checksum here. It may run on Athena"),
        ("SELECT 1 / 0", "Division by zero"),
        ("SELECT 1 FROM cloudtrail WHERE date > 5", "column 32: date is text, 5 is a number"),
        ("SELECT 1 FROM flowlogs WHERE srcport = '443'", "Athena compares like with like"),
        ("SELECT 1 FROM flowlogs WHERE srcport IN (1, '2')", "srcport is a number, '2' is text"),
        (
            "WITH c AS (SELECT eventtime AS t FROM cloudtrail) SELECT 1 FROM c WHERE t > now()",
            "t is text, CURRENT_TIMESTAMP is a time",
        ),
        (
            "SELECT eventname AS n FROM cloudtrail WHERE n = 'a'",
            "column 45: n is a name that SELECT gives",
        ),
        (
            "SELECT requestparameters.policy.name FROM cloudtrail",
            "It is text: json_extract_scalar(requestparameters, '$.policy.name').",
        ),
        ("SELECT resources.arn FROM cloudtrail", "It is an array: resources[1].arn"),
        ("SELECT split('a/b', '/')[3]", "there is no element 3 in an array of 2"),
        ("SELECT regexp_like('a', 'b(?!c)')", "It may run on Athena alone"),
        ('SELECT "$path" FROM cloudtrail', "does not know its object"),
        ("SELECT date_diff('day', date, current_date) FROM cloudtrail", "date_diff does not take"),
        ("SELECT 1 FROM cloudtrail WHERE 1", "column 32: 1 is a number, not true or false"),
        ("SELECT current_date - 1", "is of a time and a number. Write … - interval '1' day."),
        ("SELECT 1 FROM cloudtrail WHERE date > current_date - 7", "Write … - interval '7' day."),
        ("SELECT 1 FROM flowlogs WHERE start > now()", "like with like: from_unixtime(…) of sec"),
        (
            (
                "SELECT 1 FROM cloudtrail"
                " WHERE useridentity.sessioncontext.attributes.creationdate > now()"
            ),
            "text is compared with a time. Write from_iso8601_timestamp(text)",
        ),
        (
            (
                "SELECT 1 FROM cloudtrail"
                " WHERE current_date < useridentity.sessioncontext.attributes.creationdate"
            ),
            "text is compared with a time. Write from_iso8601_timestamp(text)",
        ),
        ("SELECT date('2019-01-15T00:45:46Z')", "from_iso8601_timestamp reads it"),
        (
            "SELECT 1 FROM cloudtrail WHERE contains(sourceipaddress, '203.0')",
            (
                "column 32: contains does not take (VARCHAR, VARCHAR). It looks into arrays;"
                " into text: strpos(x, 'y') > 0, or x LIKE '%y%'."
            ),
        ),
        (
            "SELECT sum(bytes), sum(action) FROM flowlogs",
            "column 20: action is text, sum takes numbers. Write sum(cast(action as double)).",
        ),
        ("SELECT sum(useridentity.accountid) FROM cloudtrail", "column 8: sum does not take"),
        (
            "SELECT 1, sum(useridentity.accountid) OVER () FROM cloudtrail",
            "column 11: sum does not take (VARCHAR). Write sum(cast(x as bigint)).",
        ),
        ("SELECT cardinality(eventname) FROM cloudtrail", "column 8: cardinality does not take (V"),
        (
            (
                "SELECT account, count(*),\n useridentity.sessioncontext.sessionissuer.arn"
                " FROM cloudtrail WHERE useridentity.type = 'Root' GROUP BY 1"
            ),
            "line 2, column 2: useridentity.sessioncontext.sessionissuer.arn is neither in GROUP",
        ),
        ("SELECT account, max(region), region FROM cloudtrail GROUP BY 1", "column 30: region is"),
        (
            (
                "WITH t AS (SELECT eventname, account, count(*) AS n FROM cloudtrail GROUP BY 1)"
                " SELECT account FROM t"
            ),
            "column 30: account is neither in GROUP BY nor in an aggregate. Add it to GROUP BY, or",
        ),
        (
            "SELECT 1 ORDER BY 1\n FETCH FIRST 1 ROW WITH TIES",
            "line 2, column 2: FETCH … WITH TIES is answered on Athena alone. Select rank() OVER",
        ),
        (
            "SELECT 1 FROM (SELECT map(array[], array[]) AS m)\n CROSS JOIN UNNEST(m) AS t (k, v)",
            "column 13: UNNEST takes arrays. Of a map write UNNEST(map_entries(m)) AS t (k, v).",
        ),
        ("SELECT x FROM cloudtrail, UNNEST(eventname) AS t (x)", "column 27: UNNEST takes arrays"),
        (
            "SELECT x FROM cloudtrail, UNNEST(resources, split(eventname, ',')) AS t (r, x)",
            "column 34: resources is an array of rows, beside another. Unnest it by itself: CROSS",
        ),
        (
            "SELECT 1\n FROM UNNEST(array[1], map(array[1], array[2])) AS t (a, k, v)",
            "line 2, column 7: UNNEST of several takes arrays here, and a name for each",
        ),
        ("SELECT 1 FROM UNNEST(array[1], array[2])", "of arrays write AS t (x, y)."),
        ("SELECT md5('a')", "Athena takes bytes: to_utf8(text)."),
        ("SELECT format_datetime(now(), 'QQ')", "QQ in a pattern of time is not known"),
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


TIMES = [
    ("eventtime", "now() - interval '1' day", "from_iso8601_timestamp(eventtime)"),
    ("eventtime", "date '2026-07-01'", "date(from_iso8601_timestamp(eventtime))"),
    ("date", "current_date", "date_format(CURRENT_DATE, '%Y-%m-%d')"),
    (
        "date",
        "date_add('day', -7, now())",
        "date_format(DATE_ADD('DAY', -7, CURRENT_TIMESTAMP), '%Y-%m-%d')",
    ),
]


@pytest.mark.parametrize(("column", "time", "hint"), TIMES)
def test_the_hint_for_a_time_compares_what_sorts_alike(column: str, time: str, hint: str) -> None:
    """A time as text has a space, which sorts before the T of an event's; and the hint runs."""
    compared = [(f"{column} > {time}", ">"), (f"{time} < {column}", "<")]
    engine = DuckDB()
    try:
        for condition, sign in compared:
            with pytest.raises(QueryError) as refused:
                engine.run(statement.read(f"SELECT 1 FROM cloudtrail WHERE {condition}"))
            assert str(refused.value).endswith(f"like with like: {hint}.")
            other = column if column == "date" else time
            sql = f"SELECT 1 FROM cloudtrail WHERE {hint} {sign} {other}"
            assert list(engine.run(statement.read(sql)).rows) == []
    finally:
        engine.close()


def test_the_hint_for_a_time_and_other_text_names_both_forms() -> None:
    """Nobody knows here how it is written."""
    sql = "WITH c AS (SELECT eventtime AS t FROM cloudtrail) SELECT 1 FROM c WHERE t > now()"
    engine = DuckDB()
    try:
        with pytest.raises(QueryError, match=r"from_iso8601_timestamp\(t\) if .*date_format\("):
            engine.run(statement.read(sql))
    finally:
        engine.close()


def test_parameters_are_values_never_sql() -> None:
    """A quote in a value ends nothing."""
    hostile = "'; DROP TABLE x; --"
    query = statement.read("SELECT :a AS a", statement.literals({"a": hostile}))
    engine = DuckDB()
    try:
        assert list(engine.run(query).rows) == [{"a": hostile}]
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("sql", "values", "where"),
    [
        ("SELECT '\udcff'", {}, r"character 9 of .SELECT '\\udcff'"),
        ("SELECT :a", {"a": "x\udcff"}, r"character 2 of 'x\\udcff'"),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused(sql: str, values: dict[str, str], where: str) -> None:
    """Python makes half characters of them, and no engine takes those."""
    with pytest.raises(QueryError, match=where + ".*: is not UTF-8"):
        statement.read(sql, statement.literals(values))


def test_a_parameter_that_does_not_occur_is_a_mistake() -> None:
    """It was meant for something."""
    with pytest.raises(QueryError, match=r"dya does not occur.*Parameters here: day"):
        statement.read("SELECT :day", statement.literals({"day": "1", "dya": "2"}))


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "end", f."end" FROM flowlogs AS f',
        'SELECT CASE WHEN "end" > 5 THEN CASE 1 WHEN 1 THEN 2 END ELSE 3 END "end" FROM flowlogs',
        "SELECT trim(action), extract(day FROM now()), grouping(action) FROM flowlogs GROUP BY 1",
        "SELECT current_date, localtime, normalize('a')",
    ],
)
def test_words_of_the_grammar_stay_what_they_are(sql: str) -> None:
    """CASE has an END, and some functions are words as well."""
    statement.read(sql)


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
