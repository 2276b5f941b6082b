"""Parts of the lake: only those of the wanted days are looked for, and each has to be whole."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from baseline.errors import QueryError
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import MANIFEST, Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import coverage, statement
from baseline.query.duckdb import DuckDB
from given_logs import an_event, given_a_log

DAYS = ("2026-06-30", "2026-07-01", "2026-07-02")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of three days, a part each."""
    root = tmp_path_factory.mktemp("parts")
    for number, day in enumerate(DAYS):
        event = an_event(number, eventTime=f"{day}T10:00:00Z")
        given_a_log(root / "bucket", event, day=day)
    source = Directory(root / "bucket")
    collect(source, Lake.create(root / "lake"), days(source, Selection()))
    return root / "lake"


@pytest.fixture
def lake(collected: Path, tmp_path: Path) -> Lake:
    """One of one's own to damage."""
    return Lake(shutil.copytree(collected, tmp_path / "lake"))


@pytest.fixture
def engine(lake: Lake) -> Iterator[DuckDB]:
    engine = DuckDB(lake)
    yield engine
    engine.close()


def counted(engine: DuckDB, where: str = "true", table: str = "cloudtrail") -> int:
    """The events that meet ``where``; their columns are read."""
    asked = statement.read(f"SELECT eventname, requestparameters FROM {table} WHERE {where}")
    return len(list(engine.run(asked).rows))


def part(lake: Lake, day: str) -> Path:
    (found,) = lake.files("cloudtrail", [day])
    return Path(found)


def given_many_parts(lake: Lake, number: int) -> None:
    """Parts of other days in the manifest alone."""
    rows = (
        (f"cloudtrail/date=2025-01-{i % 28 + 1:02}/part-{i}.parquet", f"2025-01-{i % 28 + 1:02}")
        for i in range(number)
    )
    with sqlite3.connect(lake.path / MANIFEST) as manifest:
        manifest.executemany("INSERT INTO parts VALUES (?, 'cloudtrail', ?, 1, 1)", rows)
    manifest.close()


@pytest.mark.parametrize(
    ("where", "events"),
    [
        ("date = '2026-07-01'", 1),
        ("date BETWEEN '2026-07-01' AND '2026-07-31' AND eventname <> ''", 2),
        ("date > '2026' AND account LIKE '%'", 3),
        ("date > '2026-07-01' OR date = '2026-06-30'", 2),
        ("date > cast(date '2026-06-30' + interval '1' day AS varchar)", 1),
    ],
)
@pytest.mark.parametrize("table", ["cloudtrail", "cloudtrail_distinct"])
def test_a_query_looks_only_for_the_parts_of_its_days(
    lake: Lake, engine: DuckDB, table: str, where: str, events: int
) -> None:
    """Two thousand parts of other days, none of which exists, are not even looked for."""
    given_many_parts(lake, 2_000)
    assert counted(engine, where, table) == events


def test_one_engine_answers_for_other_days_and_for_all(engine: DuckDB) -> None:
    """What was opened for the query before is not all that there is."""
    numbers = [counted(engine, where) for where in ("date = '2026-07-01'", "true", "date < '2026'")]
    assert numbers == [1, 3, 0]
    assert counted(engine, "date >= '2026-07-01'") == 2


def test_partitions_are_those_of_the_days_that_are_asked_for(engine: DuckDB) -> None:
    """The view over a table is made anew with it."""
    asked = statement.read("SELECT date FROM \"cloudtrail$partitions\" WHERE date < '2026-07-02'")
    assert sorted(row["date"] for row in engine.run(asked).rows) == list(DAYS[:2])


@pytest.mark.parametrize("where", ["date > cast('x' AS date)", "date = from_unixtime('a')"])
def test_a_condition_that_cannot_be_computed_is_the_query_s_mistake(
    engine: DuckDB, where: str
) -> None:
    """It is said as of any other query."""
    with pytest.raises(QueryError):
        counted(engine, where)


def test_days_are_found_in_the_index(lake: Lake) -> None:
    """What was collected without an event has no part; the days of both are known, sorted."""
    given_many_parts(lake, 100)
    manifest = lake.manifest
    assert manifest.dates("cloudtrail")[-3:] == list(DAYS)
    assert len(manifest.dates("cloudtrail")) == 31
    assert manifest.collected("cloudtrail") == list(DAYS)
    assert manifest.dates("flowlogs") == []
    assert [folder.date for folder in manifest.days("cloudtrail", DAYS[:1])] == [DAYS[0]]


def test_what_a_lake_has_of_the_days_is_told_for_those_alone(lake: Lake, engine: DuckDB) -> None:
    """The first and the last day are those of the whole lake."""
    asked = statement.read("SELECT * FROM cloudtrail WHERE date = '2026-07-01' AND account = 'x'")
    (found,) = coverage.of(lake, asked, engine)
    assert found == coverage.Coverage("cloudtrail", DAYS[0], DAYS[-1], False, "2026-07-01")


def garbled(file: Path) -> None:
    """Bytes of the columns that are none of the file's; its end, which is read first, is whole."""
    content = file.read_bytes()
    half = len(content) // 2
    file.write_bytes(content[:4] + random.Random(1).randbytes(half - 4) + content[half:])


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:500])


def of_a_wrong_end(file: Path) -> None:
    """What tells where everything is: DuckDB names no file."""
    content = file.read_bytes()
    at = len(content) - 200
    file.write_bytes(content[:at] + random.Random(1).randbytes(190) + content[-10:])


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut": cut,
    "empty": lambda file: os.truncate(file, 0),
    "gone": Path.unlink,
    "garbled": garbled,
    "wrong end": of_a_wrong_end,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_part_that_cannot_be_read_is_named_with_what_to_do(
    lake: Lake, engine: DuckDB, damage: str
) -> None:
    """It is no mistake of the query, and no bug; other days are answered."""
    broken = part(lake, "2026-07-01")
    DAMAGES[damage](broken)
    for where in ("date = '2026-07-01'", "true"):
        with pytest.raises(QueryError) as caught:
            counted(engine, where)
        assert caught.value.where == str(broken)
        assert caught.value.what == "this part of the lake is damaged or missing"
        assert "remove the lake, and collect again" in caught.value.remedy
    assert counted(engine, "date = '2026-07-02'") == 1
