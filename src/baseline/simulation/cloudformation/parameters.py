"""A template's parameters: what may be given for them, and what counts when nothing is.

Source: AWS CloudFormation User Guide, "Parameters"; the sentences are those of the service.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from baseline.simulation.service import Refusal

HIDDEN = "****"

_KNOWN_TYPES = re.compile(
    r"String|Number|CommaDelimitedList|List<Number>"
    r"|AWS::[A-Z]\w+::[\w:]+|List<(String|AWS::EC2::[\w:]+)>"
)
_LISTS = re.compile(r"CommaDelimitedList|List<.*>")
_KEYS = {
    "Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description",
    "MaxLength", "MinLength", "MaxValue", "MinValue", "NoEcho",
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One parameter as its template declares it. Values are text, as the API carries them."""

    name: str
    type: str
    default: str | None
    allowed: tuple[str, ...]
    pattern: str | None
    lengths: tuple[float, float]
    range: tuple[float, float]
    hidden: bool
    description: str
    constraint: str

    def check(self, value: str) -> None:
        """Refuse a value that the declaration does not allow."""
        for part in self._parts(value):
            problem = self._problem(part)
            if problem and self.constraint:
                problem = f"failed to satisfy constraint: {self.constraint}"
            if problem:
                raise _refused(f"Parameter '{self.name}' {problem}")

    def value(self, text: str) -> str | list[str]:
        """What ``Ref`` gives: a list for the list types."""
        return self._parts(text) if self.is_list else text

    def shown(self, text: str) -> str:
        """The value as the API shows it: NoEcho hides it."""
        return HIDDEN if self.hidden else text

    @property
    def is_list(self) -> bool:
        """Whether the value is a comma-delimited list."""
        return bool(_LISTS.fullmatch(self.type))

    def _parts(self, value: str) -> list[str]:
        return [part.strip() for part in value.split(",")] if self.is_list else [value]

    def _problem(self, value: str) -> str:
        least, most = self.lengths
        if self.allowed and value not in self.allowed:
            return "must be one of AllowedValues"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"must match pattern {self.pattern}"
        if len(value) < least:
            return f"must contain at least {least:g} characters"
        if len(value) > most:
            return f"must contain at most {most:g} characters"
        return self._number_problem(value) if "Number" in self.type else ""

    def _number_problem(self, value: str) -> str:
        try:
            number = float(value)
        except ValueError:
            return "must be a number"
        least, most = self.range
        if number < least:
            return f"must be a number not less than {least:g}"
        return f"must be a number not greater than {most:g}" if number > most else ""


def declared(section: Any) -> dict[str, Parameter]:
    """The parameters that a template's ``Parameters`` section declares."""
    if not isinstance(section, dict):
        raise _refused("Template format error: Parameters must be a map.")
    return {name: _parameter(name, body) for name, body in section.items()}


def _parameter(name: str, body: Any) -> Parameter:
    if not isinstance(body, dict) or "Type" not in body:
        raise _refused(
            f"Template format error: Every Parameters object must contain a Type member. ({name})"
        )
    unknown = set(body) - _KEYS
    if unknown:
        raise _refused(f"Invalid template parameter property '{min(unknown)}'")
    if not _KNOWN_TYPES.fullmatch(str(body["Type"])):
        raise _refused(f"Template format error: Unrecognized parameter type: {body['Type']}")
    parameter = _read(name, body)
    if parameter.default is not None:
        parameter.check(parameter.default)
    return parameter


def _read(name: str, body: dict[str, Any]) -> Parameter:
    return Parameter(
        name=name,
        type=body["Type"],
        default=text(body["Default"]) if "Default" in body else None,
        allowed=tuple(text(value) for value in body.get("AllowedValues", ())),
        pattern=body.get("AllowedPattern"),
        lengths=(float(body.get("MinLength", 0)), float(body.get("MaxLength", "inf"))),
        range=(float(body.get("MinValue", "-inf")), float(body.get("MaxValue", "inf"))),
        hidden=text(body.get("NoEcho", "")) == "true",
        description=body.get("Description", ""),
        constraint=body.get("ConstraintDescription", ""),
    )


def settle(parameters: Mapping[str, Parameter], given: Mapping[str, str]) -> dict[str, str]:
    """One allowed value for every parameter: what was given, else its default; or a refusal."""
    _named("do not exist in the template", (n for n in given if n not in parameters))
    values = {
        name: given.get(name, parameter.default)
        for name, parameter in parameters.items()
        if name in given or parameter.default is not None
    }
    _named("must have values", (n for n in parameters if n not in values))
    settled = {name: value for name, value in values.items() if value is not None}
    for name, value in settled.items():
        parameters[name].check(value)
    return settled


def given(
    items: Iterable[Mapping[str, Any]], previous: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The API's list of parameters as name and value; UsePreviousValue takes from ``previous``."""
    values: dict[str, str] = {}
    for item in items:
        name = item["ParameterKey"]
        if not item.get("UsePreviousValue"):
            values[name] = item.get("ParameterValue", "")
        elif previous is None:
            raise _refused(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true "
                "for a parameter key not in the previous template"
            )
        elif name in previous:
            values[name] = previous[name]
    return values


def text(value: Any) -> str:
    """A scalar of a template as the text that CloudFormation makes of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(text, value)) if isinstance(value, list) else str(value)


def _named(what: str, names: Iterable[str]) -> None:
    found = sorted(names)
    if found:
        raise _refused(f"Parameters: [{', '.join(found)}] {what}")


def _refused(message: str) -> Refusal:
    return Refusal("ValidationError", message)
