"""The saved queries: one ``.sql`` file each, in Athena's dialect, with a header of comments.

::

    -- name: RootLogin30Days
    -- title: Logins of root users
    -- description: What it answers; may go on
    --   in further indented lines.
    -- parameter: days integer = 30: How far to look back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from sqlglot import exp

from baseline.errors import QueryError, UsageError
from baseline.query.statement import near

_HEADER = re.compile(r"--[ ]?(?P<text>.*)")
_PARAMETER = re.compile(
    r"(?P<name>[a-z_]\w*) (?P<type>text|integer)(?: = (?P<default>[^:]*))?: (?P<description>.+)"
)


@dataclass(frozen=True)
class Parameter:
    """A ``:name`` in the query. Without a default it must be given."""

    name: str
    type: str
    description: str
    default: str | None = None

    def literal(self, value: str) -> exp.Expression:
        """``value`` as a literal of the parameter's type; raises QueryError."""
        if self.type == "text":
            return exp.Literal.string(value)
        if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
            raise QueryError(
                f"found {value!r}, expected an integer", where=f"parameter {self.name}"
            )
        return exp.Literal.number(int(value))


@dataclass(frozen=True)
class SavedQuery:
    """A query with a name. ``sql`` is the whole file, its header included."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    sql: str

    def literals(self, values: Mapping[str, str]) -> dict[str, exp.Expression]:
        """A literal for each parameter, defaults included; raises QueryError."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise QueryError(
                    f"{self.name} has no parameter {name}",
                    remedy=near(name, tuple(known)) if known else "It takes none.",
                )
        given = {name: p.default for name, p in known.items()} | dict(values)
        for name, value in given.items():
            if value is None:
                raise QueryError(
                    f"{self.name} needs the parameter {name}", remedy=f"Give --param {name}=…"
                )
        return {name: known[name].literal(str(value)) for name, value in given.items()}


def saved() -> tuple[SavedQuery, ...]:
    """All saved queries, by name."""
    files = (resources.files("baseline.query") / "sql").iterdir()
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")]
    return tuple(sorted(map(parse, texts), key=lambda query: query.name))


def find(name: str) -> SavedQuery:
    """The saved query called ``name``, in any case; raises UsageError."""
    known = saved()
    for query in known:
        if query.name.lower() == name.lower():
            return query
    names = {query.name.lower(): query.name for query in known}
    proposal = near(name, tuple(names))
    remedy = "See: baseline query list"
    if proposal.startswith("Did you mean"):
        remedy = f"Did you mean {names[proposal.split()[3].rstrip('?')]}?"
    raise UsageError(f"there is no saved query {name}", remedy=remedy)


def parse(text: str) -> SavedQuery:
    """The saved query in ``text``; raises QueryError when its header is not complete."""
    fields: dict[str, str] = {}
    parameters: list[Parameter] = []
    for key, value in _header(text):
        if key == "parameter":
            parameters.append(_parameter(value))
        else:
            fields[key] = value
    if missing := [key for key in ("name", "title", "description") if not fields.get(key)]:
        raise QueryError(f"the header has no {missing[0]}", where=fields.get("name", "saved query"))
    return SavedQuery(
        fields["name"], fields["title"], fields["description"], tuple(parameters), text
    )


def _header(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        match = _HEADER.fullmatch(line)
        if not match:
            break
        content = match["text"]
        if content.startswith(" ") and found:
            key, value = found.pop()
            found.append((key, f"{value} {content.strip()}"))
        else:
            key, _, value = content.partition(": ")
            found.append((key.strip(), value.strip()))
    return found


def _parameter(text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if not found:
        raise QueryError(f"{text!r} is no parameter", where="saved query")
    return Parameter(found["name"], found["type"], found["description"], found["default"])
