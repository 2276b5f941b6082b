"""What collecting is given in tests: a bucket's copy, and a machine that has little."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baseline.logs.collect import Collected, collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory


def gather(bucket: Path, lake: Lake, **wanted: Any) -> Collected:
    """Collect what is wanted of a bucket's copy."""
    source = Directory(bucket)
    return collect(source, lake, days(source, Selection(**wanted)))


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    """Let this process have no more of a resource than so much."""
    before = resource.getrlimit(what)
    resource.setrlimit(what, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)
