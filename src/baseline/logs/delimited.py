"""Flow logs as text: a header, and lines of as many fields with one blank between."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from pyarrow import compute, csv

from baseline.errors import LogFileError
from baseline.logs import objects, schema
from baseline.logs.parts import SCHEMA

_COLUMNS = {column.field: column.name for column in schema.FLOWLOGS}
_TYPES = {field: SCHEMA.field(name).type for field, name in _COLUMNS.items()}
_PARSE = csv.ParseOptions(delimiter=" ", quote_char=False)
# Bytes that become a table at a time: what the reader does fastest. No line is longer.
_PIECE = 4 << 20
_OTHER_BLANKS = (b"\t", b"\v", b"\f", b"\r")
_TO_BLANKS = bytes.maketrans(b"".join(_OTHER_BLANKS), b" " * len(_OTHER_BLANKS))
_NO_NUMBER = re.compile(r"In CSV column #(\d+): .* invalid value '(.*)'", re.DOTALL)


def tables(text: bytes) -> Iterator[Any]:
    """The records as tables of the columns that are known; raises LogFileError."""
    fields = objects.flow_fields(text)
    if len({field.lower() for field in fields}) < len(fields):
        raise LogFileError("names a field twice in its header")
    at = text.find(b"\n") + 1 or len(text)
    while at < len(text):
        end = _end(text, at)
        yield _table(text, at, end, fields)
        at = end


def _end(text: bytes, at: int) -> int:
    """Where the last line ends that a piece has whole."""
    if len(text) - at <= _PIECE:
        return len(text)
    if end := text.rfind(b"\n", at, at + _PIECE) + 1:
        return end
    raise LogFileError(f"line {_line(text, at)} is longer than {_PIECE:,} bytes")


def _line(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


def _table(text: bytes, at: int, end: int, fields: Sequence[str]) -> Any:
    # None is read as it is that straightening would change, so that what becomes of a line does not
    # depend on the others of its piece.
    piece = text[at:end]
    if not any(blank in piece for blank in _OTHER_BLANKS):
        with suppress(pa.ArrowInvalid):
            return _read(piece, fields)
    piece = _straightened(piece)
    try:
        return _read(piece, fields)
    except pa.ArrowInvalid as error:
        _check_widths(piece, len(fields), _line(text, at))
        raise LogFileError(f"holds a record of another shape: {_reason(error, fields)}") from None


def _read(piece: bytes, fields: Sequence[str]) -> Any:
    """Raises ArrowInvalid when a line has not one value for each of the fields."""
    if not piece or piece.isspace():
        return pa.table({})
    table = _parsed(piece, fields, _TYPES)
    for name, column in zip(fields, table.columns, strict=True):
        if pa.types.is_string(column.type) and _has_empty(column):
            raise pa.ArrowInvalid(f"{name} is empty")
    if b"x" in piece or b"X" in piece:
        _check_hexadecimal(piece, fields)
    known = [field for field in fields if field in _COLUMNS]
    return table.select(known).rename_columns([_COLUMNS[field] for field in known])


def _parsed(piece: bytes, fields: Sequence[str], types: Mapping[str, Any]) -> Any:
    """A table of all fields, of text where ``types`` has none."""
    return csv.read_csv(
        pa.py_buffer(piece),
        csv.ReadOptions(use_threads=False, block_size=len(piece), column_names=fields),
        _PARSE,
        csv.ConvertOptions(
            check_utf8=False,  # it was when it was unpacked
            column_types={field: types.get(field, pa.string()) for field in fields},
            null_values=["-"],
            strings_can_be_null=True,
        ),
    )


def _has_empty(column: Any) -> bool:
    return bool(compute.min(compute.binary_length(column)).as_py() == 0)


def _check_hexadecimal(piece: bytes, fields: Sequence[str]) -> None:
    """The reader takes 0x10 for 16."""
    if b"0x" not in piece and b"0X" not in piece:
        return
    table = _parsed(piece, fields, {})
    for field in fields:
        column = table[field]
        odd = column.filter(compute.starts_with(column, "0x", ignore_case=True))
        if len(odd) and pa.types.is_integer(_TYPES.get(field, pa.string())):
            raise pa.ArrowInvalid(_no_number(field, odd[0].as_py()))


def _straightened(piece: bytes) -> bytes:
    """The same with one blank between two fields, and none at the ends of a line."""
    piece = piece.translate(_TO_BLANKS)
    while b"  " in piece:
        piece = piece.replace(b"  ", b" ")
    return piece.replace(b" \n", b"\n").replace(b"\n ", b"\n").strip(b" ")


def _check_widths(piece: bytes, width: int, first: int) -> None:
    for number, line in enumerate(piece.split(b"\n"), first):
        if line and line.count(b" ") != width - 1:
            raise LogFileError(f"line {number} has not the {width} fields of the header")


def _reason(error: Exception, fields: Sequence[str]) -> str:
    if found := _NO_NUMBER.search(str(error)):
        return _no_number(fields[int(found[1])], found[2])
    return str(error)[:200]


def _no_number(field: str, value: str) -> str:
    return f"{field} is no number: {value[:200]!r}"
