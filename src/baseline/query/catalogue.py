"""The saved queries: one ``.sql`` file each, in Athena's dialect, with a header of comments.

::

    -- name: TrailStopped
    -- title: Trails that were stopped or deleted
    -- description: What it answers; may go on
    --   in further indented lines.
    -- why: Why a row matters to whoever defends the organization.
    -- topic: defence evasion
    -- mitre: T1562.008
    -- severity: critical
    -- parameter: days integer = 30: How far to look back.
    -- parameter: key text: A key's id. Without a default it has to be given.

A parameter is ``text``, an ``integer``, an ``address`` or an ``access_key``.
``mitre`` (techniques of ATT&CK) and parameters are there where they apply. A ``severity`` makes the
query a detection: it then gives the columns ``SHAPE``, and more of its own if it likes.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from baseline.errors import QueryError, UsageError
from baseline.query.proposals import near

if TYPE_CHECKING:
    from sqlglot import exp

_HEADER = re.compile(r"--[ ]?(?P<text>.*)")
_TECHNIQUES = re.compile(r"T\d{4}(\.\d{3})?(, T\d{4}(\.\d{3})?)*")
_PARAMETER = re.compile(
    r"(?P<name>[a-z_]\w*) (?P<type>text|integer|address|access_key)"
    r"(?: = (?P<default>[^:]*))?: (?P<description>.+)"
)

TOPICS = (
    "identity",
    "defence evasion",
    "exfiltration",
    "persistence",
    "impact",
    "discovery",
    "network",
    "noise",
    "partitions",
)
_PROPOSED = 3  # names that a sentence has room for
SEVERITIES = ("critical", "high", "medium", "low", "informational")
# What every detection says of a row.
SHAPE = (
    "time", "account", "region", "principal", "sourceip", "event", "resource", "detail", "eventid",
)  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """A ``:name`` in the query. Without a default it must be given."""

    name: str
    type: str
    description: str
    default: str | None = None

    def literal(self, value: str) -> "exp.Expression":
        """``value`` as a literal of the parameter's type; raises QueryError."""
        from sqlglot import exp  # noqa: PLC0415  # slow to import; a list of queries needs none

        # Days in the future would find nothing, without a word.
        read, expected = _DAYS if self.name == "days" else _TYPES[self.type]
        found = read(value)
        if found is None:
            raise QueryError(
                f"found {value!r}, expected {expected}", where=f"parameter {self.name}"
            )
        return exp.convert(found)


def _integer(value: str) -> int | None:
    return int(value) if re.fullmatch(r"-?\d{1,18}", value, re.ASCII) else None


def _address(value: str) -> str | None:
    """As the logs write it; of a service it is a name."""
    with suppress(ValueError):
        return str(ip_address(value))
    return None if re.fullmatch(r"[0-9a-fA-F.:/]+", value) else value


def _access_key(value: str) -> str | None:
    """Upper case, and with IAM's prefix ["IAM identifiers", IAM user guide]."""
    key = value.upper()
    return key if re.fullmatch(r"(AKIA|ASIA)[A-Z0-9]+", key) else None


def _days(value: str) -> int | None:
    return int(value) if re.fullmatch(r"\d{1,5}", value, re.ASCII) else None


_DAYS = (_days, "a number of days")
_NETWORK = (
    "a network takes SQL of your own, with"
    " contains('203.0.113.0/24', try_cast(sourceipaddress AS ipaddress))"
)
# How a value of each type is read, and what was expected where that gives None. Values that no log
# can have would find nothing, and that would be taken for an answer.
_TYPES: dict[str, tuple[Callable[[str], int | str | None], str]] = {
    "text": (str, ""),
    "integer": (_integer, "an integer"),
    "address": (_address, f"one address, like 203.0.113.66 ({_NETWORK})"),
    "access_key": (_access_key, "an access key's id, like AKIAIOSFODNN7EXAMPLE"),
}


@dataclass(frozen=True)
class SavedQuery:
    """A query with a name. ``sql`` is the whole file, its header included.

    ``severity`` is empty unless the query is a detection, ``path`` unless it is the user's own.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    sql: str
    why: str
    topic: str
    mitre: tuple[str, ...] = ()
    severity: str = ""
    path: str = ""

    def literals(self, values: Mapping[str, str]) -> "dict[str, exp.Expression]":
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
                    f"{self.name} needs the parameter {name}: {known[name].description}",
                    remedy=f"Give it with --param {name}=…",
                )
        return {name: known[name].literal(str(value)) for name, value in given.items()}


Refuse = Callable[[QueryError], None]


def _raise(error: QueryError) -> None:
    raise error


def saved(directory: Path | None = None, refuse: Refuse = _raise) -> tuple[SavedQuery, ...]:
    """All saved queries, the user's own in ``directory`` too, by name.

    A file of the user's that is none is left out once ``refuse`` was told; by default that raises.
    """
    found = {query.name.lower(): query for query in _ours()}
    for file in _files(directory):
        try:
            query = replace(parse(_text(file), str(file)), path=str(file))
            _check_name(query, found)
        except QueryError as error:
            refuse(error)
        else:
            found[query.name.lower()] = query
    return tuple(sorted(found.values(), key=lambda query: query.name))


def _ours() -> list[SavedQuery]:
    return [parse(_text(f), f.name) for f in _files(resources.files("baseline.query") / "sql")]


def _check_name(query: SavedQuery, known: Mapping[str, SavedQuery]) -> None:
    if query.name.lower() in known:
        raise QueryError(
            f"there is another query called {query.name}",
            where=query.path,
            remedy="Give it a name of its own.",
        )


def find(name: str, directory: Path | None = None, refuse: Refuse = _raise) -> SavedQuery:
    """The saved query called ``name``, in any case; raises UsageError."""
    known = saved(directory, refuse)
    for query in known:
        if query.name.lower() == name.lower():
            return query
    raise UsageError(
        f"there is no saved query {name}", remedy=_meant(name, [query.name for query in known])
    )


def _meant(name: str, known: list[str]) -> str:
    """What was meant by ``name``: all that begin so, or what is written much like it."""
    names = {saved.lower(): saved for saved in known}
    begun = [lower for lower in names if lower.startswith(name.lower())]
    close = begun[:_PROPOSED] or difflib.get_close_matches(name.lower(), names, n=1)
    proposed = " or ".join(names[lower] for lower in close)
    return f"Did you mean {proposed}?" if proposed else "See: baseline query list"


def _files(directory: Path | Traversable | None) -> list[Path | Traversable]:
    if directory is None or not directory.is_dir():
        return []
    files = [file for file in directory.iterdir() if file.name.endswith(".sql")]
    return sorted(files, key=lambda file: file.name)


def _text(file: Path | Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise QueryError(f"cannot be read: {reason}", where=str(file)) from None


def parse(text: str, where: str = "saved query") -> SavedQuery:
    """The saved query in ``text``; raises QueryError when its header is not complete."""
    fields: dict[str, str] = {}
    parameters: list[Parameter] = []
    for key, value in _header(text):
        if key == "parameter":
            parameters.append(_parameter(value, where))
        else:
            fields[key] = value
    _check(fields, where)
    return SavedQuery(
        fields["name"],
        fields["title"],
        fields["description"],
        tuple(parameters),
        text,
        fields["why"],
        fields["topic"],
        tuple(fields["mitre"].split(", ")) if "mitre" in fields else (),
        fields.get("severity", ""),
    )


def _check(fields: Mapping[str, str], where: str) -> None:
    for key in ("name", "title", "description", "why", "topic"):
        if not fields.get(key):
            raise QueryError(f"the header has no {key}", where=where)
    for key, known in (("topic", TOPICS), ("severity", SEVERITIES)):
        if fields.get(key, known[0]) not in known:
            raise QueryError(
                f"{fields[key]!r} is no {key}", where=where, remedy=near(fields[key], known)
            )
    if not _TECHNIQUES.fullmatch(fields.get("mitre", "T1078")):
        raise QueryError(
            f"{fields['mitre']!r} is no list of techniques",
            where=where,
            remedy="Write them like T1078.004, T1110.",
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


def _parameter(text: str, where: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if not found:
        raise QueryError(f"{text!r} is no parameter", where=where)
    return Parameter(found["name"], found["type"], found["description"], found["default"])
