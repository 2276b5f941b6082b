"""What a child writes is followed as it comes, whatever it is."""

import os
import sys
import threading
from pathlib import Path

import pytest

from baseline.audit import process

ENDLESS = "import sys, time\nfor _ in range(8): sys.stdout.write('x' * 500_000); time.sleep(0.05)"


def watched(tmp_path: Path, source: str) -> list[str]:
    """What is seen of a Python program, glance by glance."""
    seen = list[str]()
    process.run(
        [sys.executable, "-c", source],
        directory=tmp_path,
        environment=os.environ,
        log=tmp_path / "log.txt",
        limit=30,
        stop=threading.Event(),
        watch=seen.append,
    )
    return seen


def test_a_line_without_end_is_seen_in_parts(tmp_path: Path) -> None:
    """Reading all of it again at each glance would take memory without limit."""
    seen = watched(tmp_path, ENDLESS)
    assert max(map(len, seen)) == 1 << 20
    assert sum(map(len, seen)) == 3 << 20
    assert (tmp_path / "log.txt").stat().st_size == 4_000_000


@pytest.mark.parametrize("lines", [1, 300_000])
def test_whole_lines_are_seen_up_to_the_last(tmp_path: Path, lines: int) -> None:
    seen = watched(tmp_path, f"print('0123456789\\n' * {lines}, end='')")
    assert "".join(seen) == "0123456789\n" * lines
    assert all(part.endswith("\n") for part in seen if part)
