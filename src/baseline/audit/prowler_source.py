"""Which of Prowler's checks rest on which of its functions, as its installed source says.

A call that fails is logged with file and line, and the checks go on with what is missing: they
pass. The source tells which function the line is in, what that function should have filled, and
which checks read it. It is read as text; nothing of it is imported. In doubt a check rests on it.
"""

import ast
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

_SERVICES = "prowler/providers/aws/services"
_CLIENT = re.compile(r"prowler\.providers\.aws\.services\.(\w+)\.\w+_client\b")
_HELPER = re.compile(
    r"from (prowler\.providers\.aws\.services\.\w+(?:\.lib)?\.\w+(?:\.\w+)?) import"
)
_READ = re.compile(r"\.(\w+)|[\"'](\w+)[\"']")
# What every resource has: that a check reads these says nothing of what it rests on.
_COMMON = frozenset({"arn", "id", "name", "region", "tags", "type"})
# Methods that fill what they are called on.
_FILLS = frozenset({"append", "add", "extend", "update", "setdefault", "insert"})


class Source:
    """The AWS checks and services of the Prowler installed under ``packages``."""

    def __init__(self, packages: Path) -> None:
        self._packages = packages
        self._parts: dict[Path, _Part] = {}

    @property
    def checks(self) -> Iterable[str]:
        """The names of all checks."""
        return self._checks

    def resting_on(self, file: str, line: int) -> tuple[str, ...]:
        """The checks whose answers may be wrong after an error at ``line`` of ``file``, by name."""
        stem = file.removesuffix(".py")
        if stem in self._checks:
            return (stem,)
        service = next(self._services.glob(f"*/{file}"), None)
        if service is None:
            helpers = frozenset(self._services.glob(f"*/lib/{file}"))
            return self._where(lambda check: bool(helpers & self._parts_of(check).keys()))
        filled = self._part(service).filled_around(line)
        return self._where(lambda check: self._rests(check, service.parent.name, filled))

    def _where(self, holds: Callable[[Path], bool]) -> tuple[str, ...]:
        return tuple(name for name, check in self._checks.items() if holds(check))

    @property
    def _services(self) -> Path:
        return self._packages / _SERVICES

    @cached_property
    def _checks(self) -> dict[str, Path]:
        found = sorted(self._services.glob("*/*/*.metadata.json"))
        return {file.parent.name: file.parent / f"{file.parent.name}.py" for file in found}

    def _rests(self, check: Path, service: str, filled: frozenset[str] | None) -> bool:
        parts = self._parts_of(check).values()
        if not any(service in part.clients for part in parts):
            return False
        return filled is None or any(filled & part.read for part in parts)

    def _parts_of(self, check: Path) -> dict[Path, "_Part"]:
        """The source of ``check`` and of the helpers that it imports."""
        waiting, found = [check], dict[Path, _Part]()
        while waiting:
            file = waiting.pop()
            if file not in found and file.is_file():
                found[file] = self._part(file)
                helpers = found[file].helpers
                waiting += [self._packages / f"{name.replace('.', '/')}.py" for name in helpers]
        return found

    def _part(self, file: Path) -> "_Part":
        if file not in self._parts:
            self._parts[file] = _Part(file.read_text(encoding="utf-8"))
        return self._parts[file]


class _Part:
    """One file of source."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.clients = frozenset(_CLIENT.findall(text))
        self.helpers = frozenset(m for m in _HELPER.findall(text) if not m.endswith("_client"))

    @cached_property
    def read(self) -> frozenset[str]:
        """The names of all that it may read: attributes, and keys given as text."""
        return frozenset(name for pair in _READ.findall(self._text) for name in pair if name)

    def filled_around(self, line: int) -> frozenset[str] | None:
        """What the function around ``line`` fills, itself or through others; None: unknown."""
        around = (f for f in self._functions if f.lineno <= line <= (f.end_lineno or 0))
        function = next(around, None)
        if function is None or function.name == "__init__":
            return None
        filled, lost, seen = set[str](), set[str](), list[ast.FunctionDef]()
        missing = [function]
        while missing:
            for one in missing:
                filled |= _telling(_filled(one)) | {one.name}
                lost |= _own(one) | {one.name}
            seen += missing
            lost |= (assigned := self._assigned_at_start(lost))
            filled |= assigned
            missing = [f for f in self._methods if f not in seen and lost & _read_of_self(f)]
        return frozenset(filled)

    def _assigned_at_start(self, names: set[str]) -> set[str]:
        """What gets its value from one of ``names`` when the service is made."""
        found = set[str]()
        for function in self._functions:
            if function.name == "__init__":
                found |= _assigned_from(function, names)
        return found

    @cached_property
    def _methods(self) -> list[ast.FunctionDef]:
        return [f for f in self._functions if f.name != "__init__"]

    @cached_property
    def _functions(self) -> list[ast.FunctionDef]:
        return [n for n in ast.walk(ast.parse(self._text)) if isinstance(n, ast.FunctionDef)]


def _filled(function: ast.FunctionDef) -> set[str]:
    """The names of the attributes and fields that ``function`` gives values to."""
    names = set[str]()
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            names |= _attribute(node.value)
        elif isinstance(node, ast.Call):
            names |= {k.arg for k in node.keywords if k.arg}
            if isinstance(node.func, ast.Attribute) and node.func.attr in _FILLS:
                names |= _attribute(node.func.value)
    return names


def _telling(names: set[str]) -> set[str]:
    """``names`` without the common ones, and without the arguments of AWS's calls."""
    return {n for n in names if n not in _COMMON and not n[:1].isupper()} or names


def _own(function: ast.FunctionDef) -> set[str]:
    """Those of them that are attributes of the service itself."""
    return _filled(function) & _read_of_self(function)


def _read_of_self(function: ast.FunctionDef) -> set[str]:
    return {
        node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def _assigned_from(function: ast.FunctionDef, names: set[str]) -> set[str]:
    """What ``function`` gives the values of ``names`` to."""
    found = set[str]()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and names & _attributes(node.value):
            found = found.union(*(_attributes(target) for target in node.targets))
    return found


def _attributes(node: ast.AST) -> set[str]:
    return {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _attribute(node: ast.AST) -> set[str]:
    return {node.attr} if isinstance(node, ast.Attribute) else set()
