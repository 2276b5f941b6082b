"""The names of Athena's functions: what only others know is refused, not answered."""

import difflib
import re
from collections.abc import Iterable
from importlib import resources

from sqlglot.tokens import Token

from baseline.errors import QueryError

_TEXT = (resources.files("baseline.query") / "functions.txt").read_text(encoding="utf-8")
_PARTS = [re.sub(r"^#.*$", "", part, flags=re.MULTILINE).split() for part in _TEXT.split("\n\n")]
NAMES = frozenset(name for part in _PARTS for name in part)
# Of them those that SHOW FUNCTIONS tells of.
SHOWN = frozenset(_PARTS[1])
# Names of DuckDB and others, and what Athena has instead.
_INSTEAD = {
    "array_to_string": "array_join(a, ',')",
    "charindex": "strpos(text, part)",
    "date_sub": "date_add('day', -1, x)",
    "datediff": "date_diff('day', a, b)",
    "epoch": "to_unixtime(x)",
    "first": "min_by(x, time) or arbitrary(x)",
    "get_json_object": "json_extract_scalar(text, '$.name')",
    "group_concat": "listagg(x, ',') WITHIN GROUP (ORDER BY x)",
    "ifnull": "coalesce(a, b)",
    "instr": "strpos(text, part)",
    "isnull": "x IS NULL",
    "json_extract_path_text": "json_extract_scalar(text, '$.name')",
    "json_extract_string": "json_extract_scalar(text, '$.name')",
    "last": "max_by(x, time)",
    "len": "length(text), or cardinality(array)",
    "list": "array_agg(x)",
    "list_contains": "contains(array, x)",
    "list_value": "array[1, 2]",
    "median": "approx_percentile(x, 0.5)",
    "nvl": "coalesce(a, b)",
    "quantile_cont": "approx_percentile(x, 0.5)",
    "regexp_matches": "regexp_like(text, pattern)",
    "regexp_split_to_array": "regexp_split(text, pattern)",
    "size": "cardinality(array)",
    "strftime": "date_format(x, '%Y-%m-%d')",
    "string_agg": "array_join(array_agg(x), ',') or listagg(x, ',') WITHIN GROUP (ORDER BY x)",
    "string_split": "split(text, ',')",
    "strptime": "date_parse(text, '%Y-%m-%d')",
    "struct_pack": "cast(row(1) AS row(a integer))",
    "to_date": "date_parse(text, '%Y-%m-%d')",
    "to_timestamp": "from_iso8601_timestamp(text), or from_unixtime(seconds)",
    "top": "LIMIT 5 at the end",
    "ucase": "upper(text)",
}


def check(called: Iterable[Token]) -> None:
    """Raise QueryError, with the position and what was meant, for a name that Athena has not."""
    for token in called:
        name = token.text.lower()
        if name not in NAMES:
            where = f"line {token.line}, column {token.col - (token.end - token.start)}"
            raise QueryError(f"Athena has no function {name}", where=where, remedy=_remedy(name))


def _remedy(name: str) -> str:
    if name in _INSTEAD:
        return f"Write {_INSTEAD[name]}."
    close = difflib.get_close_matches(name, sorted(NAMES), n=1)
    return f"Did you mean {close[0]}?" if close else "Its functions are Trino's."
