"""Collecting, against the stages of a collector that is built as Tailpipe is.

It is not Tailpipe: ``tailpipe_stages.go`` and ``tailpipe_stages.py`` were written for this, after
what its sources do. About 720 MB of CloudTrail: five accounts, four regions, sixty days.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import tailpipe_stages
from generated_logs import Size, cloudtrail
from work import baseline, cost

SIZE = Size(accounts=5, regions=4, days=60, objects=2, records=250)
_FIRST = Path(tailpipe_stages.__file__).with_suffix(".go")


def measure() -> Iterator[str]:
    """The ratio of processor time, and what each stage took."""
    if not shutil.which("go"):
        yield "not measured: the peer's first stages are built with Go, which is not here"
        return
    with TemporaryDirectory() as directory:
        root, bucket = Path(directory), Path(directory, "bucket")
        megabytes = cloudtrail(bucket, SIZE) / 1e6
        options = ("--lake", root / "lake", "--no-progress", "-o", "json")
        ours = cost(baseline("logs", "collect", "--source", bucket, *options)).cpu
        first, last = _theirs(root, bucket)
        yield (
            f"unmarshal, marshal, read_ndjson, insert, order / collect, {megabytes:.0f} MB of "
            f"JSON: processor time ratio {(first + last) / ours:.1f}; {first:.1f} s in Go and "
            f"{last:.1f} s in DuckDB against {ours:.1f} s"
        )


def _theirs(root: Path, bucket: Path) -> tuple[float, float]:
    """Seconds until there are lines of JSON, and from there."""
    subprocess.run(["go", "build", "-o", root / "first", _FIRST], check=True)
    lines, table = root / "lines", root / "table"
    lines.mkdir()
    first = cost([root / "first", bucket, lines]).cpu
    last = cost([sys.executable, tailpipe_stages.__file__, lines, table]).cpu
    (rows,) = duckdb.execute(f"SELECT count(*) FROM '{table}/*.parquet'").fetchall()
    assert rows == (SIZE.accounts * SIZE.regions * SIZE.days * SIZE.objects * SIZE.records,)
    return first, last
