"""Fields as Sigma names them, as columns and paths of ``auditing.cloudtrail`` in Athena's SQL."""

import difflib
import re

from sqlglot import exp

from baseline.errors import QueryError
from baseline.logs import schema

_COLUMNS = {column.name: column for column in schema.CLOUDTRAIL}
# Columns that hold JSON of any shape, as text.
_FREE = frozenset(
    (
        "requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
        "insightdetails", "eventcontext", "addendum", "edgedevicedetails",
    )
)  # fmt: skip
# What a keyword is looked for in: everything that somebody could have meant.
EVERYWHERE = (
    "eventsource", "eventname", "sourceipaddress", "useragent", "errorcode", "errormessage",
    "useridentity.arn", "useridentity.username", "useridentity.accesskeyid",
    "requestparameters", "responseelements", "additionaleventdata",
)  # fmt: skip


def text_of(field: str) -> str:
    """The value of ``field`` as text: of an object or a list, its JSON. Raises QueryError."""
    name, *path = field.split(".")
    column = _COLUMNS.get(name.lower())
    if column is None or not all(re.fullmatch(r"[\w -]+", part, re.ASCII) for part in path):
        raise _unknown(field)
    if column.name in _FREE:
        return _in_json(column.name, path) if path else column.name
    kind: exp.Expression | None = exp.DataType.build(column.type, dialect="duckdb")
    for part in path:
        kind = _inner(kind, part)
    if kind is None or not kind.is_type(*exp.DataType.TEXT_TYPES):
        raise _unknown(field)
    return ".".join((column.name, *(part.lower() for part in path)))


def _in_json(column: str, path: list[str]) -> str:
    steps = "".join(f".{part}" if part.isidentifier() else f'["{part}"]' for part in path)
    return (
        f"coalesce(json_extract_scalar({column}, '${steps}'),"
        f" json_format(json_extract({column}, '${steps}')))"
    )


def _inner(kind: exp.Expression | None, name: str) -> exp.Expression | None:
    """The type of a field of a row; None when there is no such field."""
    if not isinstance(kind, exp.DataType) or not kind.is_type("struct"):
        return None
    fields = {field.name.lower(): field.args["kind"] for field in kind.expressions}
    return fields.get(name.lower())


def _unknown(field: str) -> QueryError:
    names = [column.field for column in schema.CLOUDTRAIL]
    close = difflib.get_close_matches(field.split(".", maxsplit=1)[0], names, n=1)
    remedy = f"Did you mean {close[0]}?" if close and "." not in field else ""
    return QueryError(f"there is no field {field} in auditing.cloudtrail", remedy=remedy)
