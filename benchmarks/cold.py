"""The first question to logs that nobody has collected, by the lake and without one.

About 2 GB of CloudTrail in 7,200 files: five accounts, four regions, sixty days.
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import raw_files
from generated_logs import FIRST, SIXTY_DAYS, cloudtrail
from work import Cost, baseline, cost

RUNS = 3
_OPTIONS = ("--no-progress", "-o", "json")
_ALL = "SELECT eventname, count(*) AS n FROM auditing.cloudtrail GROUP BY eventname"
_DAYS = "SELECT eventname, count(*) AS n FROM auditing.cloudtrail WHERE {} GROUP BY eventname"
_ONE_DAY = _DAYS.format(f"date = '{FIRST + timedelta(days=45)}'")
_NO_DAY = _DAYS.format("date = '1999-01-01'")


def measure() -> Iterator[str]:
    """Ratios of processor time, whole programs, their start among it."""
    with TemporaryDirectory() as directory:
        bucket, lake = Path(directory, "bucket"), Path(directory, "lake")
        megabytes = cloudtrail(bucket, SIXTY_DAYS) / 1e6
        files = sum(1 for _ in bucket.rglob("*.gz"))
        yield f"{megabytes:.0f} MB of JSON in {files} files"
        everything = _asked("--source", bucket, _ALL)
        yield _first(bucket, lake, everything.cpu)
        yield _one_day(bucket, everything.cpu)


def _first(bucket: Path, lake: Path, ours_raw: float) -> str:
    theirs = cost([sys.executable, raw_files.__file__, bucket, _ALL]).cpu
    options = ("--source", bucket, "--lake", lake, *_OPTIONS)
    collecting = cost(baseline("logs", "collect", *options)).cpu
    asking = _asked("--lake", lake, _ALL).cpu
    both = collecting + asking
    return (
        f"collect and the first query / DuckDB over the gz JSON: ratio {both / theirs:.2f}; "
        f"{collecting:.1f} and {asking:.1f} s against {theirs:.1f} s; "
        f"/ query run --source: ratio {both / ours_raw:.2f}; every further query {asking:.1f} s"
    )


def _one_day(bucket: Path, everything: float) -> str:
    """What a file costs when few match, against when all do; the start apart."""
    start, one = (
        min(_asked("--source", bucket, sql).cpu for _ in range(RUNS)) for sql in (_NO_DAY, _ONE_DAY)
    )
    each, alone = (everything - start) / SIXTY_DAYS.days, one - start
    return (
        f"query run --source, a day of {SIXTY_DAYS.days} / all days: ratio {one / everything:.2f}; "
        f"{one:.1f} s against {everything:.1f} s; without the {start:.1f} s of a query that no "
        f"day matches {alone:.2f} s against {each:.2f} s a day"
    )


def _asked(option: str, place: Path, sql: str) -> Cost:
    return cost(baseline("query", "run", option, place, "--sql", sql, *_OPTIONS))
