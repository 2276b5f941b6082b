"""One step of CloudTrail: lines of all objects, which DuckDB makes one file of."""

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from baseline.errors import LogFileError
from baseline.logs import convert, objects
from baseline.logs.batch import Absorbed, Contents, New, Result


def write(contents: Contents, absorbed: Sequence[Path], target: Path) -> Result:
    """Write ``target`` of all objects; when DuckDB refuses some, of all but those.

    Raises OSError when the disk does not suffice.
    """
    for closely in (False, True):
        with suppress(LogFileError):
            return _attempt(contents, absorbed, target, closely=closely)
    bad = _misshapen(contents, target)
    good = [(new, content) for new, content in contents if new.number not in bad]
    try:
        result = _attempt(good, absorbed, target, closely=True)
    except LogFileError as error:
        # Each of them alone is well.
        raise OSError(errno.ENOMEM, error.what) from None
    result.bad |= bad
    return result


def _misshapen(contents: Contents, target: Path) -> dict[int, str]:
    """The objects that DuckDB refuses, found by halving."""
    try:
        return _attempt(contents, (), target, closely=True).bad
    except LogFileError as error:
        if len(contents) == 1:
            return {contents[0][0].number: error.what}
    half = len(contents) // 2
    return _misshapen(contents[:half], target) | _misshapen(contents[half:], target)


def _attempt(
    contents: Contents, absorbed: Sequence[Path], target: Path, *, closely: bool
) -> Result:
    result = Result()
    lines = target.with_name(f"{threading.get_ident()}.lines")
    with objects.TURN, _over(lines) as file:
        for new, content in contents:
            _add(file, new, content, result, closely=closely)
    without = result.replaced(contents)
    result.total = convert.write(lines, Absorbed(absorbed, without), target)
    return result


@contextmanager
def _over(path: Path) -> Iterator[BinaryIO]:
    """A file to be written anew, over what it held: that is twice as fast as taking new blocks."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        yield file
        file.truncate()


def _add(file: BinaryIO, new: New, content: bytes, result: Result, *, closely: bool) -> None:
    """Write the lines of one object, and note what was found."""
    read = partial(objects.cloudtrail, content, new.tag, closely=closely)
    try:
        with objects.opened(read) as lines:
            file.writelines(lines.chunks)
    except LogFileError as error:
        result.bad[new.number] = error.what
    else:
        result.rows[new.number] = lines.rows
        result.text_bytes += lines.size
