"""The saved queries as Athena keeps them: named, and without open parameters."""

import re

from baseline.query import catalogue, statement
from baseline.query.catalogue import Parameter, SavedQuery
from baseline.templates.analytics import NamedQuery

_HEADER = re.compile(r"(?:--[^\n]*\n)+")
# Not '%H:%i' nor x::varchar, which are no parameters.
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


def named_queries() -> list[NamedQuery]:
    """All saved queries of the program, for the Athena console."""
    return [named(query) for query in catalogue.saved()]


def named(query: SavedQuery) -> NamedQuery:
    """One of them, with the defaults of its parameters; what has none is left to be filled in."""
    literals = {p.name: _literal(p) for p in query.parameters}
    body = _HEADER.sub("", query.sql, count=1)
    sql = _PARAMETER.sub(lambda found: literals.get(found[1], found[0]), body)
    return NamedQuery(query.name, f"{query.title}. {query.description}", sql)


def _literal(parameter: Parameter) -> str:
    if parameter.default is None:
        return "0" if parameter.type == "integer" else f"'<{parameter.name}>'"
    return statement.written(parameter.literal(parameter.default))
