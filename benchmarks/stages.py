"""Collecting, against the stages of a collector that is built as Tailpipe is.

It is not Tailpipe: ``tailpipe_stages.go`` and ``tailpipe_stages.py`` were written for this, after
what its sources do. About 2 GB of CloudTrail: five accounts, four regions, sixty days.
"""

import math
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from generated_logs import SIXTY_DAYS, cloudtrail
from work import baseline, cost, installed

# DuckDB would take its extension from a server of its own.
PACKAGES = ("duckdb==1.5.5", "duckdb-extension-ducklake==1.5.5")
_FIRST = Path(__file__).with_name("tailpipe_stages.go")
_LAST = _FIRST.with_suffix(".py")


def measure() -> Iterator[str]:
    """The ratio of processor time, and what each stage took."""
    if not shutil.which("go"):
        yield "not measured: the peer's first stages are built with Go, which is not here"
        return
    with TemporaryDirectory() as directory:
        root, bucket = Path(directory), Path(directory, "bucket")
        megabytes = cloudtrail(bucket, SIXTY_DAYS) / 1e6
        options = ("--lake", root / "lake", "--no-progress", "-o", "json")
        ours = cost(baseline("logs", "collect", "--source", bucket, *options)).cpu
        first, last = _theirs(root, bucket)
        yield (
            "unmarshal, marshal, read_ndjson, insert, order, merge / collect, "
            f"{megabytes:.0f} MB of JSON: processor time ratio {(first + last) / ours:.1f}; "
            f"{first:.1f} s in Go and {last:.1f} s in DuckDB against {ours:.1f} s"
        )


def _theirs(root: Path, bucket: Path) -> tuple[float, float]:
    """Seconds until there are lines of JSON, and from there."""
    subprocess.run(["go", "build", "-o", root / "first", _FIRST], check=True)
    lines, table = root / "lines", root / "table"
    lines.mkdir()
    first = cost([root / "first", bucket, lines]).cpu
    last = cost([installed("ducklake", *PACKAGES) / "python", _LAST, lines, table]).cpu
    (rows,) = duckdb.execute(f"SELECT count(*) FROM '{table}/data/**/*.parquet'").fetchall()
    assert rows == (math.prod(astuple(SIXTY_DAYS)),)
    return first, last
