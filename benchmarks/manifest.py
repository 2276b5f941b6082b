"""What a query of one day takes before it reads, in a lake whose manifest names a million files.

Two thousand days of five hundred files; only those of the one day are there.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from generated_logs import ACCOUNTS, FIRST, REGIONS, one_object
from work import baseline, cost

from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import MANIFEST, Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import statement
from baseline.query.duckdb import DuckDB

DAYS, EACH = 2_000, 500
RECORDS = 100
RUNS = 5
QUERY = f"SELECT count(*) AS n FROM auditing.cloudtrail WHERE date = '{FIRST}'"


def measure() -> Iterator[str]:
    """Planning in the large lake and in one of that day alone; then the whole query."""
    with TemporaryDirectory() as directory:
        bucket = Path(directory, "bucket")
        one_object(bucket, RECORDS)
        small, large = (_lake(bucket, Path(directory, name)) for name in ("small", "large"))
        _named(small, 1)
        _named(large, DAYS)
        alone, among = _planning(small), _planning(large)
        yield (
            f"planning a day's {EACH} files among {DAYS * EACH:,}: {among:.3f} s of processor "
            f"time; among themselves: {alone:.3f} s; ratio {among / alone:.1f}"
        )
        first, second = _whole(large), _whole(small)
        yield (
            f"query run, the same: {first:.2f} s against {second:.2f} s of processor time, ratio "
            f"{first / second:.2f}"
        )


def _lake(bucket: Path, path: Path) -> Path:
    """A lake of one file, and what would be other files of the same day beside it."""
    lake, source = Lake.create(path), Directory(bucket)
    collect(source, lake, days(source, Selection()))
    (part,) = lake.files("cloudtrail")
    for number in range(EACH):
        os.link(part, Path(part).with_name(_name(number)))
    return path


def _name(number: int) -> str:
    return f"part-{number:016x}.parquet"


def _named(lake: Path, count: int) -> None:
    """Name the files of so many days in the manifest, each made of one object."""
    dates = [str(FIRST + timedelta(days=number)) for number in range(count)]
    with closing(sqlite3.connect(lake / MANIFEST)) as manifest, manifest:
        manifest.execute("DELETE FROM objects")
        manifest.execute("DELETE FROM parts")
        manifest.executemany("INSERT INTO parts VALUES (?, 'cloudtrail', ?, ?, 0)", _parts(dates))
        manifest.execute(
            "INSERT INTO objects SELECT row_number() OVER (), replace(path, tbl, 'AWSLogs'), '', 0,"
            f" tbl, '{ACCOUNTS[0]}', '{REGIONS[0]}', date, rows, path, NULL FROM parts"
        )


def _parts(dates: list[str]) -> Iterator[tuple[str, str, int]]:
    for date in dates:
        for number in range(EACH):
            yield f"cloudtrail/date={date}/{_name(number)}", date, RECORDS


def _planning(path: Path) -> float:
    query, seconds = statement.read(QUERY), []
    for _ in range(RUNS):
        start = time.process_time()
        with closing(DuckDB(Lake(path))) as engine:
            engine.check(query)
        seconds.append(time.process_time() - start)
    return min(seconds)


def _whole(lake: Path) -> float:
    return cost(baseline("query", "run", "--lake", lake, "--sql", QUERY, "-o", "json")).cpu
