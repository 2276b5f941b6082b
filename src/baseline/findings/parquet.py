"""Rows of text as Parquet files of the history, with what is to be known of a file inside it."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from baseline.errors import ToolError
from baseline.files import folder, private, writing
from baseline.logs.convert import text

_KEY = "baseline"
_FULL = "No space left"
_AWAY = "Move the file away; the other runs stay."
_ELSEWHERE = "Give another place."
_FETCH = 1000
_A_DAY = 24 * 3600
_MEMORY = "256MB"
# The longest row: what a tool says of one resource may hold a whole policy. DuckDB holds several.
_LARGEST = 16 * 1024**2
_BUFFER = 1024**2
# A query skips whole groups, and writing one holds it.
_ROW_GROUP = 20_480


Add = Callable[[tuple[str, ...], Any], None]


@contextmanager
def writing_rows(
    file: Path, columns: Sequence[str], known: Callable[[], Any], *, also: str = ""
) -> Iterator[Add]:
    """Make ``file`` of the rows that are added, at the end, or not at all.

    A row has a text for each of ``columns``, and what is to be the JSON of the column ``also``.
    What ``known`` gives at the end is what the function of that name gives back. Raises ToolError.
    """
    part, staged = (file.with_name(f".{file.name}.{os.getpid()}.{end}") for end in ("part", "rows"))
    fields = [f'cells[{number}] AS "{name}"' for number, name in enumerate(columns, 1)]
    fields += [f'also AS "{also}"'] if also else []
    try:
        with writing(file):
            folder(file.parent)
            _sweep(file.parent)
            with open(staged, "wb", buffering=_BUFFER, opener=private) as out:
                yield _adding(out)
            with _connected(file, remedy=_ELSEWHERE) as connection:
                connection.execute(_copy(staged, part, fields, msgspec.json.encode(known())))
            part.chmod(0o600)
            part.replace(file)
    finally:
        for left in (part, staged):
            with suppress(OSError):
                left.unlink()


class _Row(msgspec.Struct):
    cells: tuple[str, ...]
    also: Any


def _adding(out: BinaryIO) -> Add:
    encode = msgspec.json.Encoder().encode

    def add(cells: tuple[str, ...], also: Any) -> None:
        out.write(encode(_Row(cells, also)) + b"\n")

    return add


def _copy(staged: Path, part: Path, fields: Sequence[str], known: bytes) -> str:
    # Without records = true DuckDB 2.0 sniffs the file although its columns are given.
    return (
        f"COPY (SELECT {', '.join(fields)} FROM read_json({text(str(staged))},"
        " format = 'newline_delimited', records = true, auto_detect = false,"
        f" maximum_object_size = {_LARGEST}, columns = {{cells: 'VARCHAR[]', also: 'JSON'}}))"
        f" TO {text(str(part))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP},"
        f" KV_METADATA {{{_KEY}: {text(known.decode())}}})"
    )


def rows(file: Path, columns: Sequence[str], where: str = "true") -> Iterator[tuple[str, ...]]:
    """The rows of ``file``, streamed; raises ToolError when it cannot be read."""
    fields = ", ".join(f'"{name}"' for name in columns)
    with _connected(file) as connection:
        connection.execute(
            f"SELECT {fields} FROM read_parquet({text(str(file))}, hive_partitioning = false)"
            f" WHERE {where}"
        )
        while some := connection.fetchmany(_FETCH):
            yield from some


def counted(file: Path, columns: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """How many rows have each combination of ``columns``; raises ToolError."""
    fields = ", ".join(f'"{name}"' for name in columns)
    with _connected(file) as connection:
        found = connection.execute(
            f"SELECT {fields}, count(*)"
            f" FROM read_parquet({text(str(file))}, hive_partitioning = false) GROUP BY ALL"
        ).fetchall()
    return [(tuple(values), count) for *values, count in found]


def check(file: Path) -> None:
    """Read all of ``file``; raises ToolError when it cannot be read."""
    with _connected(file) as connection:
        connection.execute(
            "SELECT bit_xor(hash(content))"
            f" FROM read_parquet({text(str(file))}, hive_partitioning = false) AS content"
        ).fetchall()


def known(file: Path) -> bytes:
    """What was to be ``known`` of it, as JSON; raises ToolError when it is no such file."""
    with _connected(file) as connection:
        found = connection.execute(
            "SELECT value FROM parquet_kv_metadata($1) WHERE key = $2", [str(file), _KEY.encode()]
        ).fetchone()
    if not found:
        raise _unreadable(file, "it does not say what it holds")
    return bytes(found[0])


def settings(spill: Path) -> dict[str, str]:
    """Those of a DuckDB that works alone, and may put into ``spill`` what memory does not hold."""
    return {
        "threads": "1",
        "memory_limit": _MEMORY,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


@contextmanager
def _connected(file: Path, *, remedy: str = _AWAY) -> Iterator[Any]:
    import duckdb  # noqa: PLC0415  # slow to import

    try:
        with duckdb.connect(config=settings(file.parent)) as connection:
            yield connection
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise _unreadable(file, str(error).split("\n", maxsplit=1)[0], remedy) from None


def _unreadable(file: Path, reason: str, remedy: str = _AWAY) -> ToolError:
    return ToolError(
        f"the history cannot be read or written here: {reason}",
        where=str(file),
        remedy="Make room." if _FULL in reason else remedy,
    )


def _sweep(directory: Path) -> None:
    """Remove what a killed run left."""
    for left in directory.glob(".*.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _A_DAY:
                left.unlink()


def files(directory: Path) -> Iterable[Path]:
    """The Parquet files in ``directory``, by name."""
    return sorted(directory.glob("*.parquet")) if directory.is_dir() else []
