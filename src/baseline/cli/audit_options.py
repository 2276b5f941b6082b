"""Options of the audit commands, and what they mean together."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from baseline.audit.manifest import Manner
from baseline.audit.tools import TOOLS
from baseline.errors import UsageError

_AUTO = "auto"
_COUNT = re.compile(r"[1-9]\d{0,2}")


def tools_directory_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--tools-dir``."""
    return click.option(
        "--tools-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BASELINE_TOOLS",
        help="Where the tools are installed, about 3 GB."
        "  [default: share/aws-baseline/tools in the program's environment]",
    )(command)


def tools_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--tool`` and ``--tools-dir``."""
    command = tools_directory_option(command)
    return click.option(
        "--tool",
        "tool_names",
        multiple=True,
        type=click.Choice(list(TOOLS)),
        help="Only this tool. Repeatable.",
    )(command)


def batch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--on`` and ``--no-wait``."""
    command = click.option(
        "--wait/--no-wait",
        default=True,
        help="Follow the job on AWS Batch to its end, or leave when it is submitted.",
    )(command)
    return click.option(
        "--on",
        type=click.Choice(["here", "batch"]),
        help="Where the tools run: on this machine, or on AWS Batch."
        "  [default: here; with --resume where it was]",
    )(command)


class PassingOn(click.Command):
    """A command whose arguments behind ``--`` are passed on, as ``passed_on``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep them from being taken for our own."""
        own, passed_on = args, list[str]()
        if "--" in args:
            cut = args.index("--")
            own, passed_on = args[:cut], args[cut + 1 :]
        rest = super().parse_args(ctx, own)
        ctx.params["passed_on"] = tuple(passed_on)
        return rest


def parallel_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``-p [N]``; ``names_and_workers`` reads it."""
    return click.option(
        "-p",
        "--parallel",
        metavar="[N]",
        is_flag=False,
        flag_value=_AUTO,
        help="Audit N accounts at a time; without N as many as cores and memory bear.",
    )(command)


def manner(options: dict[str, Any], workers: int | None, before: Manner) -> Manner:
    """How a run shall go: as the options say, and where they say nothing, as ``before``."""
    said = {tool: options.get(f"{tool}_option", ()) for tool in TOOLS}
    if options["passed_on"]:
        (name,) = options["tool_names"] if len(options["tool_names"]) == 1 else ("",)
        if not name:
            raise UsageError(
                "what follows -- is passed on to one tool",
                remedy="Name it with --tool, or use --prowler-option and --scoutsuite-option.",
            )
        said[name] = (*said.get(name, ()), *options["passed_on"])
    passed_on = {tool: said[tool] or before.options.get(tool, ()) for tool in TOOLS}
    return Manner(
        workers=before.workers if workers is None else workers,
        mfa=options["mfa"] or before.mfa,
        hours=options["hours"] or before.hours,
        minutes=options["timeout"] or before.minutes,
        fail_on=options["fail_on"] or before.fail_on,
        options={tool: passed for tool, passed in passed_on.items() if passed},
        warm=before.warm if options["warm"] is None else options["warm"],
        on=options["on"] or before.on,
    )


def names_and_workers(options: dict[str, Any]) -> tuple[tuple[str, ...], int | None]:
    """The accounts, and how many at a time (0: choose, None: nothing was said).

    ``-p NAME`` names an account.
    """
    names, parallel = (*options["named"], *options["accounts"]), options["parallel"]
    if parallel is None:
        return names, None
    if parallel == _AUTO:
        return names, 0
    if parallel.strip("0") == "":
        raise UsageError(
            "-p: N is at least 1", remedy="Without N it is as many as the machine bears."
        )
    return (names, int(parallel)) if _COUNT.fullmatch(parallel) else ((*names, parallel), 0)
