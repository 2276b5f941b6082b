"""Files that hold what accounts look like: whole or not at all, and for their owner alone."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from baseline.errors import ToolError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Raise ToolError, which names ``file``, when it cannot be written."""
    try:
        yield
    except OSError as error:
        raise ToolError(
            f"cannot be written: {error.strerror}",
            where=str(file),
            remedy="Make room, or give another place."
            if error.errno in _FULL
            else "Give another place.",
        ) from error


@contextmanager
def whole(file: Path) -> Iterator[TextIO]:
    """Write ``file`` whole or not at all, readable by its owner alone; raises ToolError."""
    # Of this process alone: two runs may write the front page at once.
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with writing(file):
            folder(file.parent)
            with open(part, "w", encoding="utf-8", newline="", opener=private) as out:
                yield out
            part.replace(file)
    finally:
        with suppress(OSError):  # a place that takes no file has none to clear away
            part.unlink()


def folder(path: Path) -> None:
    """Make ``path``, and what is missing above it, for the owner alone; raises OSError."""
    # What mkdir makes above it by itself everybody could list.
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def private(path: str, flags: int) -> int:
    """Open as ``open`` does, for the owner alone."""
    return os.open(path, flags, 0o600)


def write(file: Path, content: bytes) -> None:
    """Put the UTF-8 ``content`` into ``file``, as ``whole`` does."""
    with whole(file) as out:
        out.write(content.decode())
