"""How many accounts at a time this machine can bear, as measured with both tools."""

import os
from pathlib import Path

_GIB = 1 << 30
_RESERVE = 1 * _GIB
# Prowler's peak in one account: its AWS clients take memory for each region.
_FEW_REGIONS = 4
_PER_ACCOUNT = {True: 1 * _GIB, False: 3 * _GIB // 2}
_PER_CORE = 3
_MOST = 12


def workers(accounts: int, regions: int) -> int:
    """How many accounts to audit at once; ``regions`` 0 means all of them."""
    return most(accounts, regions, os.cpu_count() or 1, available_memory())


def most(accounts: int, regions: int, cores: int, memory: int | None) -> int:
    """The same for ``cores`` and ``memory`` (bytes that are free, None: cannot be told)."""
    need = _PER_ACCOUNT[0 < regions <= _FEW_REGIONS]
    fitting = _MOST if memory is None else (memory - _RESERVE) // need
    return max(1, min(accounts, _PER_CORE * cores, fitting, _MOST))


def scarce() -> bool:
    """Whether there is too little memory left to start another tool."""
    memory = available_memory()
    return memory is not None and memory < _RESERVE + _GIB // 2


def available_memory() -> int | None:
    """The memory that is free, in bytes; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None
