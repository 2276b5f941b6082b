"""Flow logs as text: a header, and lines of as many fields with one blank between."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from pyarrow import csv

from baseline.errors import LogFileError
from baseline.logs import objects, schema
from baseline.logs.parts import SCHEMA

_COLUMNS = {column.field: column.name for column in schema.FLOWLOGS}
_TYPES = {field: SCHEMA.field(name).type for field, name in _COLUMNS.items()}
_PARSE = csv.ParseOptions(delimiter=" ", quote_char=False)
# Bytes that become a table at a time: what the reader does fastest.
_PIECE = 4 << 20
_NO_NUMBER = re.compile(r"In CSV column #(\d+): .* invalid value '(.*)'", re.DOTALL)


def tables(text: bytes) -> Iterator[Any]:
    """The records as tables of the columns that are known; raises LogFileError."""
    fields = objects.flow_fields(text)
    if len(set(fields)) < len(fields):
        raise LogFileError("names a field twice in its header")
    at = text.find(b"\n") + 1 or len(text)
    while at < len(text):
        end = text.find(b"\n", at + _PIECE) + 1 or len(text)
        yield _table(text, at, end, fields)
        at = end


def _table(text: bytes, at: int, end: int, fields: Sequence[str]) -> Any:
    piece = text[at:end]
    if b"\r" not in piece:
        with suppress(pa.ArrowInvalid):
            return _read(piece, fields)
    first = text.count(b"\n", 0, at) + 1
    try:
        return _read(_straightened(piece, len(fields), first), fields)
    except pa.ArrowInvalid as error:
        raise LogFileError(f"holds a record of another shape: {_reason(error, fields)}") from None


def _read(piece: bytes, fields: Sequence[str]) -> Any:
    if not piece:
        return pa.table({})
    table = csv.read_csv(
        pa.py_buffer(piece),
        csv.ReadOptions(use_threads=False, block_size=len(piece), column_names=fields),
        _PARSE,
        csv.ConvertOptions(
            check_utf8=False,  # it was when it was unpacked
            column_types=_TYPES,
            null_values=["-"],
            strings_can_be_null=True,
            include_columns=[field for field in fields if field in _COLUMNS],
        ),
    )
    return table.rename_columns([_COLUMNS.get(field, field) for field in table.column_names])


def _straightened(piece: bytes, width: int, first: int) -> bytes:
    """Lines of ``width`` fields with one blank between, none empty; raises LogFileError."""
    lines = [b" ".join(line.split()) for line in piece.split(b"\n")]
    for number, line in enumerate(lines, first):
        if line and line.count(b" ") != width - 1:
            raise LogFileError(f"line {number} has not the {width} fields of the header")
    return b"\n".join(filter(None, lines))


def _reason(error: Exception, fields: Sequence[str]) -> str:
    if found := _NO_NUMBER.search(str(error)):
        return f"{fields[int(found[1])]} is no number: {found[2][:200]!r}"
    return str(error)[:200]
