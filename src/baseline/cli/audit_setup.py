"""The audit tools that commands need, installed when they are missing."""

from pathlib import Path

from baseline.audit import environments
from baseline.audit.environments import Environment
from baseline.audit.tools import TOOLS, Tool
from baseline.cli.interrupts import stopped_by_signals
from baseline.cli.shared import talk
from baseline.parallel import Failed, each


def chosen(names: tuple[str, ...]) -> tuple[Tool, ...]:
    """The tools called ``names``; all of them when none is named."""
    return tuple(tool for name, tool in TOOLS.items() if not names or name in names)


def set_up(tools: tuple[Tool, ...], directory: Path | None) -> tuple[Environment, ...]:
    """The environments of ``tools``, made when missing, side by side; all of them or an error."""
    place = directory or environments.default_directory()
    made: dict[str, Environment] = {}
    with stopped_by_signals() as stop:
        for outcome in each(tools, lambda tool: environments.set_up(tool, place, talk, stop)):
            if isinstance(outcome, Failed):
                raise outcome.error
            made[outcome.target.name] = outcome.value
    return tuple(made[tool.name] for tool in tools)
