"""Options that are passed on to a tool, seen before anything starts."""

import difflib
from collections.abc import Iterator, Sequence

from baseline.audit.environments import Environment
from baseline.audit.tools import Tool
from baseline.errors import UsageError

# Options of which Prowler takes one, services being another.
_CHOOSING = ("--check", "--compliance")


def see_options(tool: Tool, options: Sequence[str], services: tuple[str, ...]) -> None:
    """Raise UsageError for what no installed ``tool`` is to be given, or would misunderstand."""
    for option in (o.partition("=")[0] for o in options):
        if _reserved(option, tool.reserved):
            raise UsageError(
                f"{option} is not passed on to {tool.title}: its results could not be read, or"
                " another option chooses it",
                remedy="Write options in full, and apart from their values; for what else can be"
                " chosen see: baseline audit run --help",
            )
    choosing = [name for name in _CHOOSING if name in options]
    if choosing and len(choosing) + bool(services) > 1:
        both = " and ".join([*choosing, *(["services"] if services else [])])
        raise UsageError(
            f"{tool.title} takes only one of {both}",
            remedy="Choose its checks, its frameworks or services.",
        )


def see_values(environment: Environment, options: Sequence[str]) -> None:
    """Raise UsageError for a value that the tool, as it is installed there, does not know."""
    tool = environment.tool
    names = tool.names(environment.packages) if options else {}
    for option, value in _values(options):
        known = names.get(option)
        if known and value not in known:
            near = difflib.get_close_matches(value, known, n=1)
            raise UsageError(
                f"{tool} knows no {value} for {option}",
                remedy=f"Did you mean {near[0]}?" if near else f"See: {tool.program} --help",
            )


def _reserved(option: str, reserved: frozenset[str]) -> bool:
    """Whether argparse may take ``option`` for one that is reserved.

    It takes the beginning of a long one for the whole, and letters after a short one for more short
    ones, or for its value.
    """
    if option.startswith("--"):
        return any(name.startswith(option) for name in reserved if name.startswith("--"))
    return option.startswith("-") and any(f"-{letter}" in reserved for letter in option[1:])


def _values(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each value in ``options``, with the option before it."""
    option = ""
    for part in options:
        if part.startswith("-"):
            option = part
        else:
            yield option, part
