"""A piece of work in a process of its own: how long it takes, and what it takes of the machine."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TOOLS = Path(__file__).resolve().parents[1] / ".tools"


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processors, and megabytes at the peak."""

    wall: float
    cpu: float
    memory: float


def cost(
    command: Sequence[str | Path],
    *,
    cores: int | None = None,
    limit: float = 0,
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """Run ``command`` to its end, on the first ``cores`` only if that is given.

    Raises TimeoutError, and ends it, after ``limit`` seconds; 0: never.
    """
    before = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, sorted(before)[:cores])
    watched = [sys.executable, "-I", "-c", _WATCH, str(limit), *command]
    process = subprocess.Popen(watched, stdout=subprocess.PIPE, env=environment)
    os.sched_setaffinity(0, before)
    told, _ = process.communicate()
    code, *used = json.loads(told)
    if code is None:
        raise TimeoutError
    assert code == 0, command
    return Cost(*used)


# A process of its own, since the peak of one counts what its parent held when it began.
_WATCH = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
limit = float(sys.argv[1]) or None
try:
    code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL, timeout=limit)
except subprocess.TimeoutExpired:
    code = None
wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1.024e-3]))
"""


def python(code: str, *arguments: str | Path) -> list[str | Path]:
    """The command that runs ``code``."""
    return [sys.executable, "-c", code, *arguments]


def baseline(*arguments: str | Path) -> list[str | Path]:
    """The command that runs ``baseline``."""
    return [sys.executable, "-m", "baseline", *arguments]


def installed(name: str, *packages: str) -> Path:
    """Where the programs of a peer are, which is installed once, with its byte code as ours is."""
    peer = _TOOLS / name
    if not peer.exists():
        uv = _TOOLS / "venv" / "bin" / "uv"
        subprocess.run([uv, "venv", "-q", "-p", sys.executable, peer], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "-p", peer / "bin/python", *packages], check=True
        )
    return peer / "bin"


def gunzip(root: Path) -> Cost:
    """The limit of everything: the standard library unpacks all files below ``root``."""
    return cost(python(_GUNZIP, root))


_GUNZIP = """
import sys, zlib
from pathlib import Path
for file in Path(sys.argv[1]).rglob("*.gz"):
    zlib.decompress(file.read_bytes(), 31)
"""
