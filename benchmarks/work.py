"""A piece of work in a process of its own: how long it takes, and what it takes of the machine."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processors, and megabytes at the peak."""

    wall: float
    cpu: float
    memory: float


def cost(command: Sequence[str | Path], *, cores: int | None = None) -> Cost:
    """Run ``command`` to its end, on the first ``cores`` only if that is given."""
    before = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, sorted(before)[:cores])
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    os.sched_setaffinity(0, before)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3)


def python(code: str, *arguments: str | Path) -> list[str | Path]:
    """The command that runs ``code``."""
    return [sys.executable, "-c", code, *arguments]


def baseline(*arguments: str | Path) -> list[str | Path]:
    """The command that runs ``baseline``."""
    return [sys.executable, "-m", "baseline", *arguments]


def gunzip(root: Path) -> Cost:
    """The limit of everything: the standard library unpacks all files below ``root``."""
    return cost(python(_GUNZIP, root))


_GUNZIP = """
import sys, zlib
from pathlib import Path
for file in Path(sys.argv[1]).rglob("*.gz"):
    zlib.decompress(file.read_bytes(), 31)
"""
