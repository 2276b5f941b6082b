"""The audit tools that commands need, installed when they are missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from baseline.audit import environments
from baseline.audit.environments import Environment
from baseline.audit.tools import TOOLS, Tool
from baseline.cli.interrupts import stopped_by_signals
from baseline.cli.shared import talk
from baseline.configuration import Tools
from baseline.errors import UsageError
from baseline.parallel import Failed, each

# Where the file of rules is configured that ScoutSuite looks by.
RULES = "audit.tools.scoutsuite.ruleset"


def chosen(names: tuple[str, ...], configured: Tools) -> tuple[Tool, ...]:
    """The tools called ``names``; when none is named, those that are not switched off."""
    found = tuple(
        tool
        for name, tool in TOOLS.items()
        if name in names or (not names and getattr(section(configured, name), "enabled", True))
    )
    if not found:
        raise UsageError(
            "every tool is switched off", remedy="Name one with --tool, or see audit.tools."
        )
    return found


def section(configured: Tools, name: str) -> Any:
    """What is configured of the tool called ``name``; None where nothing can be."""
    return getattr(configured, name, None)


def rules_of(tools: tuple[Tool, ...], configured: Tools) -> Path | None:
    """The file of rules that is configured for one of ``tools``."""
    found = (getattr(section(configured, tool.name), "ruleset", None) for tool in tools)
    return next((rules.absolute() for rules in found if rules), None)


def there(tools: tuple[Tool, ...]) -> tuple[Environment, ...]:
    """The environments of ``tools`` that are installed somewhere else."""
    nowhere = Path()
    return tuple(Environment(tool, nowhere, nowhere, nowhere, nowhere) for tool in tools)


def set_up(
    tools: tuple[Tool, ...],
    directory: Path | None,
    configured: Tools,
    make: Callable[..., Environment] = environments.set_up,
) -> tuple[Environment, ...]:
    """The environments of ``tools``, made when missing, side by side; all of them or an error.

    A program of the user's own is taken as it is.
    """
    place = directory or environments.default_directory()
    made: dict[str, Environment] = {}
    with stopped_by_signals() as stop:

        def have(tool: Tool) -> Environment:
            program = getattr(section(configured, tool.name), "path", None)
            return _of_yours(tool, program) if program else make(tool, place, talk, stop)

        for outcome in each(tools, have):
            if isinstance(outcome, Failed):
                raise outcome.error
            made[outcome.target.name] = outcome.value
    return tuple(made[tool.name] for tool in tools)


def _of_yours(tool: Tool, program: str) -> Environment:
    found = environments.of_yours(tool, program)
    tried = "" if found.tool.version == tool.version else f"; {tool.version} is what was tried"
    talk(f"{found.tool} of yours: {found.script}{tried}.")
    return found
