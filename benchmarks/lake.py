"""Collecting into the lake and asking it, against unpacking, raw files, zgrep and jq.

About 2 GB of CloudTrail: five accounts, four regions, sixty days.
"""

import math
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from generated_logs import ACCOUNTS, FIRST, SIXTY_DAYS, Size, cloudtrail, one_object
from raw_files import raw
from work import baseline, cost, gunzip

from baseline.logs.lake import Lake
from baseline.query import statement
from baseline.query.dialect import translate
from baseline.query.duckdb import DuckDB

T = TypeVar("T")

RUNS = 5
LARGE = 170_000  # records of 1.2 kB in one object
MANY = Size(accounts=5, regions=4, days=1, objects=250, records=10)
LAST_MONTH = "date >= '2026-06-01'"
QUERIES = {
    "count, a month": f"SELECT count(*) AS n FROM auditing.cloudtrail WHERE {LAST_MONTH}",
    "calls by name": "SELECT eventname, count(*) AS n FROM auditing.cloudtrail"
    " GROUP BY eventname ORDER BY n DESC LIMIT 10",
    "logins of a month": "SELECT eventtime, sourceipaddress FROM auditing.cloudtrail"
    f" WHERE eventname = 'ConsoleLogin' AND sourceipaddress LIKE '10.1.%' AND {LAST_MONTH}"
    " ORDER BY eventtime LIMIT 10",
    "by principal": "SELECT useridentity.arn AS arn, min(eventtime) AS first"
    " FROM auditing.cloudtrail GROUP BY useridentity.arn ORDER BY arn LIMIT 10",
    "bucket names": "SELECT json_extract_scalar(requestparameters, '$.bucketName') AS b,"
    " count(*) AS n FROM auditing.cloudtrail WHERE eventsource = 's3.amazonaws.com'"
    " GROUP BY json_extract_scalar(requestparameters, '$.bucketName') ORDER BY n DESC, b LIMIT 10",
    "one account, one day": "SELECT count(*) AS n FROM auditing.cloudtrail"
    f" WHERE account = '{ACCOUNTS[0]}' AND date = '2026-06-15'",
    "a needle": "SELECT * FROM auditing.cloudtrail WHERE useridentity.accesskeyid = '{key}'",
}


def measure() -> Iterator[str]:
    """Ratios of collecting, of memory and of asking."""
    with TemporaryDirectory() as directory:
        root, bucket = Path(directory), Path(directory, "bucket")
        megabytes = cloudtrail(bucket, SIXTY_DAYS) / 1e6
        lake = root / "lake-0"
        yield _collecting(root, bucket, megabytes)
        packed = _size(lake, "*.parquet") / _size(bucket, "*.gz")
        yield f"size of the lake / of the gz files: ratio {packed:.2f}"
        yield from _memory(root)
        yield from _questions(bucket, lake)


def _collecting(root: Path, bucket: Path, megabytes: float) -> str:
    """All of it, in turn, so that a machine that drifts slows what is compared."""
    rounds = [
        (
            gunzip(bucket),
            cost(_collect(bucket, root / f"alone-{number}"), cores=1),
            cost(_collect(bucket, root / f"lake-{number}")),
        )
        for number in range(RUNS)
    ]
    speed = statistics.median(megabytes / whole.cpu for *_, whole in rounds)
    return (
        f"collect / gunzip, {megabytes:.0f} MB of JSON, {RUNS} times in turn: processor time "
        f"{_ratio([whole.cpu / limit.cpu for limit, _, whole in rounds])}; {speed:.0f} MB/s a core"
        f"; one core / all: {_ratio([alone.wall / whole.wall for _, alone, whole in rounds])}"
        f"; {max(whole.memory for *_, whole in rounds):.0f} MB at the peak"
    )


def _ratio(found: Sequence[float]) -> str:
    return f"ratio {statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def _collect(bucket: Path, lake: Path) -> list[str | Path]:
    options = ("--no-progress", "-o", "json")
    return baseline("logs", "collect", "--source", bucket, "--lake", lake, *options)


def _size(root: Path, names: str) -> int:
    return sum(file.stat().st_size for file in root.rglob(names))


def _memory(root: Path) -> Iterator[str]:
    large = one_object(root / "large", LARGE) / 1e6
    peak = cost(_collect(root / "large", root / "large-lake")).memory
    yield f"collect one object of {large:.0f} MB: {peak:.0f} MB at the peak"
    cloudtrail(root / "many", MANY)
    peak = cost(_collect(root / "many", root / "many-lake")).memory
    yield f"collect a day of {_count(root / 'many')} objects: {peak:.0f} MB at the peak"


def _count(root: Path) -> int:
    return sum(1 for _ in root.rglob("*.gz"))


def _questions(bucket: Path, lake: Path) -> Iterator[str]:
    connection = raw(bucket)
    engine = DuckDB(Lake(lake))
    ratios = {}
    key = connection.execute(_ANY_KEY).fetchone()[0]
    for name, text in QUERIES.items():
        query = statement.read(text.format(key=key))

        def ours(query: Any = query) -> list[Any]:
            return [tuple(row.values()) for row in engine.run(query).rows]

        def theirs(query: Any = query) -> list[Any]:
            return list(connection.execute(translate(query)).fetchall())

        seconds, rows = _timed(theirs)
        ratios[name] = seconds / min(_timed(ours)[0] for _ in range(3))
        assert len(ours()) == len(rows), name
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    each = ", ".join(f"{name} {ratio:.0f}" for name, ratio in ratios.items())
    yield f"DuckDB over gz JSON / lake: geometric mean {mean:.0f}; {each}"
    needle = statement.read(QUERIES["a needle"].format(key=key))
    seconds = min(_timed(lambda: list(engine.run(needle).rows))[0] for _ in range(3))
    for peer, command in _PEERS.items():
        took, _ = _timed(lambda command=command: _shell(command, bucket, key))  # type: ignore[misc]
        yield f"{peer} / lake, a needle: ratio {took / seconds:.0f}; {took:.1f} s, {seconds:.3f} s"
    engine.close()


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of some work, and what it gave."""
    start = time.perf_counter()
    gave = work()
    return time.perf_counter() - start, gave


_PEERS = {
    "zgrep": 'find "$1" -name "*.gz" -print0 | xargs -0 zgrep -l "$2"',
    "jq": 'find "$1" -name "*.gz" -print0 | xargs -0 zcat'
    ' | jq -c --arg k "$2" ".Records[] | select(.userIdentity.accessKeyId == \\$k)"',
}


def _shell(command: str, *arguments: str | Path) -> object:
    """Not checked: zgrep fails for every file that has not got it."""
    done = subprocess.run(["sh", "-c", command, "sh", *arguments], check=False, capture_output=True)
    assert done.stdout, command
    return done


_ANY_KEY = (
    "SELECT useridentity.accesskeyid FROM auditing.cloudtrail"
    f" WHERE \"date\" = '{FIRST}' AND account = '{ACCOUNTS[-1]}' LIMIT 1"
)
