"""An answer as Athena words it: every value as text, types by Athena's names, and a CSV file."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

Rows = list[list[str | None]]

_TYPES = {
    "hugeint": "bigint",
    "timestamp with time zone": "timestamp with time zone",
    "float": "real",
    "blob": "varbinary",
    "json": "json",
    "time": "time",
}
_SAME = ("varchar", "bigint", "integer", "smallint", "tinyint", "double", "boolean", "date")
_TIMES = ("timestamp", "timestamp with time zone")


def named(engine_type: str) -> str:
    """Athena's name of one of DuckDB's types."""
    kind = engine_type.lower()
    if kind.endswith("[]"):
        return "array"
    for start, name in (("struct", "row"), ("map", "map"), ("decimal", "decimal")):
        if kind.startswith(start):
            return name
    if kind.startswith("timestamp"):
        return _TIMES["time zone" in kind]
    return kind if kind in _SAME else _TYPES.get(kind, "varchar")


def rows(columns: Sequence[str], types: Sequence[str], found: Iterable[dict[str, Any]]) -> Rows:
    """The rows as text, None for NULL."""
    return [
        [_text(row[column], kind) for column, kind in zip(columns, types, strict=True)]
        for row in found
    ]


def metadata(columns: Sequence[str], types: Sequence[str]) -> list[dict[str, Any]]:
    """What GetQueryResults says of the columns."""
    return [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": name,
            "Label": name,
            "Type": kind,
            "Precision": 0,
            "Scale": 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": kind == "varchar",
        }
        for name, kind in zip(columns, types, strict=True)
    ]


def as_csv(columns: Sequence[str], found: Rows) -> bytes:
    """The file that Athena leaves in the bucket: every value quoted, NULL as nothing."""
    every: Rows = [list(columns), *found]
    lines = (",".join(map(_quoted, line)) for line in every)
    return "".join(f"{line}\n" for line in lines).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind in _TIMES:
        return _time(str(value))
    return _inner(value)


def _inner(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{k}={_inner(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inner, value)) + "]"
    return str(value)


def _time(iso: str) -> str:
    """``2026-07-01 10:00:00.000 UTC`` of ISO text; the zone only where there is one."""
    found = re.fullmatch(r"(.{10})T(.{8})(?:\.(\d{3})\d*)?(\+00:00)?", iso)
    if not found:
        return iso
    day, clock, millis, zone = found.groups()
    return f"{day} {clock}.{millis or '000'}{' UTC' if zone else ''}"
