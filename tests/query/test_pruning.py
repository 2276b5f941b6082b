"""Raw logs are opened only for the days that a query can touch, and for all of those."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Folder, Selection
from baseline.logs.source import Directory
from baseline.query import pruning, raw, statement
from baseline.query.duckdb import DuckDB
from given_logs import an_event, given_a_log

ACCOUNTS = ("100000000001", "200000000002")
REGIONS = ("eu-west-1", "us-east-1")
DAYS = ("2018-12-31", "2019-07-01", "2019-07-23", "2019-07-24", "2020-01-01")
FOLDERS = [
    Folder(account, "CloudTrail", region, day[:4], day[5:7], day[8:])
    for account in ACCOUNTS
    for region in REGIONS
    for day in DAYS
]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bucket")
    for number, folder in enumerate(FOLDERS):
        # The same event twice: once each in two regions.
        event = an_event(number // 2, eventTime=f"{folder.date}T10:00:00Z")
        given_a_log(root, event, account=folder.account, region=folder.region, day=folder.date)
    return root


@pytest.fixture(scope="module")
def whole(bucket: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    lake = Lake.create(tmp_path_factory.mktemp("lake"))
    source = Directory(bucket)
    collect(source, lake, days(source, Selection()))
    engine = DuckDB(lake)
    yield engine
    engine.close()


C = "SELECT count(*) AS n FROM cloudtrail"
RENAMED = f"{C} AS t ({{}}) WHERE account = '1.11'"
TWICE = "cloudtrail a {} JOIN cloudtrail b ON a.eventid = b.eventid"
QUERIES = [
    ("SELECT count(*) AS n FROM auditing.cloudtrail WHERE date > '2019'", 16),
    (f"{C} WHERE date > '2019-07'", 16),
    (f"{C} WHERE date > '2019-07-23'", 8),
    (f"{C} c WHERE c.date = '2019-07-23' AND c.account LIKE '1%'", 2),
    (f"{C} WHERE date IN ('2019-07-23') OR region = 'us-east-1'", 12),
    (f"{C} WHERE (date < '2019' AND eventname <> 'x')", 4),
    (f"{C} WHERE date < '2019' OR eventname <> 'x'", 20),
    (f"{C} WHERE date >= cast(date '2019-07-25' - interval '1' day as varchar)", 8),
    (C, 20),
    (f"{C} WHERE date = (SELECT max(date) FROM cloudtrail)", 20),
    (f"{C} WHERE substr(date, 1, 4) = '2020'", 4),
    (f"SELECT count(*) AS n FROM {TWICE.format('')} WHERE a.date < '2019'", 20),
    (f"SELECT count(*) AS n FROM {TWICE.format('LEFT')} WHERE b.date IS NULL", 20),
    ("WITH c AS (SELECT * FROM cloudtrail WHERE date < '2019') SELECT count(*) AS n FROM c", 4),
    ("SELECT count(*) AS n FROM (SELECT * FROM cloudtrail) WHERE date < '2019'", 20),
    ("SELECT count(*) AS n FROM cloudtrail_distinct WHERE date < '2019'", 4),
    ("SELECT count(*) AS n FROM cloudtrail_distinct WHERE eventname = 'x'", 20),
    (f"SELECT sum(n) AS n FROM ({C} WHERE date < '2019' UNION ALL {C} WHERE date > '2020')", 8),
    (f"{C} WHERE date < '2019' AND rand() + length(date) > 0", 4),
    (f"{C} WHERE account = '1' AND date > '2019'", 0),
    (RENAMED.format("account, region"), 20),
    ("SELECT 1 AS n", 0),
    ("SELECT count(*) AS n FROM flowlogs", 0),
    ("SELECT count(*) AS n FROM \"cloudtrail$partitions\" WHERE date < '2019'", 4),
]


@pytest.mark.parametrize(("sql", "opened"), QUERIES, ids=[str(i) for i in range(len(QUERIES))])
def test_what_is_pruned_changes_no_answer(
    bucket: Path, whole: DuckDB, tmp_path: Path, sql: str, opened: int
) -> None:
    """The answer over the touched days is the answer over all, and only those were opened."""
    query = statement.read(sql)
    lake, done = raw.stage(Directory(bucket), query, tmp_path / "passing")
    engine = DuckDB(lake)
    try:
        assert list(engine.run(query).rows) == list(whole.run(query).rows)
    finally:
        engine.close()
    assert done.objects == opened


def test_the_three_counts_of_the_mission_differ(whole: DuckDB) -> None:
    """The date is a string, compared as a string."""

    def count(since: str) -> Any:
        query = statement.read(f"Select count(*) from auditing.cloudtrail where date > '{since}'")
        return next(whole.run(query).rows)["_col0"]

    assert [count("2019"), count("2019-07"), count("2019-07-23")] == [16, 16, 8]


@pytest.mark.parametrize("table", ["cloudtrail", "cloudtrail_distinct"])
def test_the_lake_is_pruned_by_the_path(whole: DuckDB, table: str) -> None:
    """DuckDB opens the files of the wanted days only, also where it was given others."""
    list(whole.run(statement.read(f"SELECT count(*) AS n FROM {table}")).rows)
    plan = whole._connection.execute(
        f"EXPLAIN ANALYZE SELECT count(eventname) FROM auditing.{table} WHERE date > '2019-07-23'"
    ).fetchall()
    assert "2/5" in str(plan)


def test_a_query_that_cannot_run_reads_nothing(bucket: Path, tmp_path: Path) -> None:
    """The mistake is told before hours of reading."""
    with pytest.raises(Exception, match="no column evntname"):
        raw.stage(
            Directory(bucket), statement.read("SELECT evntname FROM cloudtrail"), tmp_path / "x"
        )
    assert not (tmp_path / "x").exists()


def test_tables_that_a_query_reads() -> None:
    """Also behind a view."""
    query = statement.read("SELECT * FROM cloudtrail_distinct, flowlogs")
    assert pruning.tables(query) == {"cloudtrail", "flowlogs"}


@pytest.mark.parametrize(
    ("where", "first"),
    [
        ("date >= '2020-01-01' AND date >= '1926-12-21'", "2020-01-01"),
        ("(date >= '2020-01-01' AND date >= '1926-12-21') AND account = 'a'", "2020-01-01"),
        ("date = '2026-07-02' OR date = '2026-07-01'", "2026-07-01"),
        ("date = '2026-07-02' OR account = 'a'", ""),
        ("date BETWEEN '2026-07-01' AND '2026-07-03'", "2026-07-01"),
        ("date <= '2026-07-01'", ""),
    ],
)
def test_the_first_day_that_is_asked_for_is_the_latest_of_the_bounds(
    whole: DuckDB, where: str, first: str
) -> None:
    """Of alternatives the earliest, and none where one of them names no day."""
    query = statement.read(f"SELECT 1 FROM auditing.cloudtrail WHERE {where}", {})
    assert whole.text(pruning.first_day(query, "cloudtrail")) == first


def test_a_query_puts_what_it_cannot_hold_beside_the_lake(whole: DuckDB) -> None:
    """Where only the owner can read, as the lake itself, and with a limit to its memory."""
    settings = dict(
        whole._connection.execute(
            "SELECT name, value FROM duckdb_settings()"
            " WHERE name IN ('temp_directory', 'memory_limit')"
        ).fetchall()
    )
    place = Path(settings["temp_directory"])
    assert place.parent.name == ".spill"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (place, place.parent)} == {0o700}
    assert settings["memory_limit"]
