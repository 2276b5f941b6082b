"""All detections in one statement, against each after the other: a small lake and a larger one.

In one process, whose start both would have to pay; each by the hand is a process more.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from generated_logs import FIRST, Size, cloudtrail

from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import catalogue, detections, statement
from baseline.query.duckdb import DuckDB

SIZES = {
    "8,000 events of 10 days": Size(accounts=2, regions=2, days=10, objects=2, records=100),
    "264,000 events of 20 days": Size(accounts=5, regions=4, days=20, objects=3, records=220),
}
SCOPE = detections.Scope(since=str(FIRST))


def measure() -> Iterator[str]:
    """One line a lake."""
    wanted = detections.at_least(catalogue.saved(), "low")
    for name, size in SIZES.items():
        with TemporaryDirectory() as directory, closing(_filled(Path(directory), size)) as engine:

            def together(engine: DuckDB = engine) -> int:
                return _rows(engine, detections.together(wanted, SCOPE))

            def each(engine: DuckDB = engine) -> int:
                texts = (detections.narrowed(saved, {}, SCOPE) for saved in wanted)
                return sum(_rows(engine, statement.read(text)) for text in texts)

            together()  # what is imported late is imported now
            theirs, ours = _cpu(each), _cpu(together)
            yield (
                f"{len(wanted)} one by one / together, {name}: processor time ratio "
                f"{theirs / ours:.1f}; {theirs:.2f} s against {ours:.2f} s"
            )


def _filled(root: Path, size: Size) -> DuckDB:
    cloudtrail(root / "bucket", size)
    lake = Lake.create(root / "lake")
    source = Directory(root / "bucket")
    collect(source, lake, days(source, Selection()))
    return DuckDB(lake)


def _rows(engine: DuckDB, query: Any) -> int:
    return sum(1 for _ in engine.run(query).rows)


def _cpu(work: Callable[[], int]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
