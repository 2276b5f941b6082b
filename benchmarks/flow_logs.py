"""Flow logs: collecting text into the lake, and asking it, against unpacking and zgrep."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from generated_logs import Size, flowlogs
from work import baseline, cost, gunzip

from baseline.logs.lake import Lake
from baseline.query import statement
from baseline.query.duckdb import DuckDB

# Of records; another number of them by the environment, such as the fifty of the README.
MILLIONS = int(os.environ.get("BENCH_MILLIONS", "8"))
SIZE = Size(accounts=4, regions=2, days=10, objects=5, records=MILLIONS * 2_500)
TOP_TALKERS = (
    "SELECT srcaddr, dstaddr, sum(bytes) AS b FROM auditing.flowlogs WHERE action = 'ACCEPT'"
    " GROUP BY srcaddr, dstaddr ORDER BY b DESC LIMIT 10"
)
ONE_ADDRESS = (
    "SELECT count(*) AS n FROM auditing.flowlogs WHERE date = '2026-05-03' AND dstaddr = '{}'"
)
ADDRESS = "203.0.113.42"


def measure() -> Iterator[str]:
    """Ratios, and what two questions cost."""
    with TemporaryDirectory() as directory:
        bucket, lake = Path(directory, "bucket"), Path(directory, "lake")
        megabytes = flowlogs(bucket, SIZE, compress=1) / 1e6
        limit = gunzip(bucket)
        options = ("--no-progress", "-o", "json")
        whole = cost(baseline("logs", "collect", "--source", bucket, "--lake", lake, *options))
        records = sum(part.rows for part in Lake(lake).manifest.parts("flowlogs"))
        yield (
            f"collect / gunzip, {records / 1e6:.0f} million records, {megabytes:.0f} MB of text: "
            f"processor time ratio {whole.cpu / limit.cpu:.2f}; {megabytes / whole.cpu:.0f} MB/s "
            f"a core; {whole.memory:.0f} MB at the peak"
        )
        engine = DuckDB(Lake(lake))
        talkers, one = (_seconds(engine, q) for q in (TOP_TALKERS, ONE_ADDRESS.format(ADDRESS)))
        engine.close()
        start = time.perf_counter()
        command = f'find {bucket} -path "*/05/03/*" -name "*.gz" | xargs zgrep -c " {ADDRESS} "'
        subprocess.run(["sh", "-c", command], check=False, capture_output=True)
        took = time.perf_counter() - start
        yield (
            f"zgrep / lake, an address on a day: ratio {took / one:.0f}; {took:.1f} s against "
            f"{one:.3f} s; top talkers of all: {talkers:.2f} s"
        )


def _seconds(engine: DuckDB, sql: str) -> float:
    query = statement.read(sql)
    start = time.perf_counter()
    assert list(engine.run(query).rows)
    return time.perf_counter() - start
