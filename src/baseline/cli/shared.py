"""What commands share: options, rows on stdout, talk on stderr."""

import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from baseline import configuration
from baseline.configuration import Configuration
from baseline.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

F = TypeVar("F", bound=Callable[..., Any])

# Characters that a column of a table needs at the least.
_NARROWEST = 8


def aws_options(command: F) -> F:
    """``--config`` and ``--profile``."""
    command = click.option(
        "--profile", envvar="BASELINE_PROFILE", help="Profile of the AWS configuration to use."
    )(command)
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="BASELINE_CONFIG",
        help="Configuration file.  [default: baseline.yaml, if it is there]",
    )(command)


def target_options(command: F) -> F:
    """``--account --not-account --ou --region``, each repeatable; they narrow the targets."""
    for name, text in (
        ("--region", "Only this region."),
        ("--ou", "Only accounts in or below this OU, for example /Workloads."),
        ("--not-account", "Not this account, by id or name."),
        ("--account", "Only this account, by id or name."),
    ):
        plural = name.strip("-").replace("-", "_") + "s"
        command = click.option(name, plural, multiple=True, help=f"{text} Repeatable.")(command)
    return command


def output_option(command: F) -> F:
    """``-o/--output table|json|csv``."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        envvar="BASELINE_OUTPUT",
        help="Form of the answer on stdout.",
    )(command)


def yes_option(command: F) -> F:
    """``-y/--yes``, for whatever changes something."""
    return click.option("-y", "--yes", is_flag=True, envvar="BASELINE_YES", help="Do not ask.")(
        command
    )


def progress_option(command: F) -> F:
    """``--progress/--no-progress``."""
    return click.option(
        "--progress/--no-progress",
        default=True,
        envvar="BASELINE_PROGRESS",
        help="Show progress on stderr.",
    )(command)


def load_configuration(path: Path | None) -> Configuration:
    """The configuration, or the error that says where it is wrong."""
    return configuration.load(path)


def talk(text: str) -> None:
    """Say something that is not the answer."""
    click.echo(text, err=True)


def check_can_ask(*, yes: bool) -> None:
    """Refuse early what would have to ask in the end, where there is nobody to be asked."""
    if not yes and not sys.stdin.isatty():
        raise ConfigurationError(
            "this changes something and there is no terminal to ask", remedy="Add --yes."
        )


def confirm(question: str, *, yes: bool) -> None:
    """Ask on stderr unless ``yes``; end the command when the answer is no."""
    check_can_ask(yes=yes)
    if not yes:
        click.confirm(question, abort=True, err=True)


def show(rows: Sequence[dict[str, Any]], output: str, columns: Sequence[str] | None = None) -> None:
    """Print ``rows`` on stdout; ``columns`` orders them, default: those of the first row."""
    names = list(columns or (rows[0] if rows else ()))
    if output == "json":
        click.echo(json.dumps(list(rows), indent=2, default=str, ensure_ascii=False))
    elif output == "csv":
        click.echo(_csv(rows, names), nl=False)
    else:
        _table(rows, names)


def _csv(rows: Sequence[dict[str, Any]], names: list[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    from baseline.report.cells import defused  # noqa: PLC0415  # the page's library is slow to import

    text = _text(value)
    return text if isinstance(value, int | float) else defused(text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)


def _table(rows: Sequence[dict[str, Any]], names: list[str]) -> None:
    from rich.console import Console  # noqa: PLC0415  # rich is slow to import

    console = Console()
    width = max(console.width, 80) if console.is_terminal else 10_000
    console = Console(width=width, soft_wrap=not console.is_terminal)
    # What cannot have a readable column is shown a record at a time.
    wide = len(names) * _NARROWEST > width
    console.print(_records(rows, names) if wide else _columns(rows, names))


def _columns(rows: Sequence[dict[str, Any]], names: list[str]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(row.get(name)) for name in names))
    return table


def _records(rows: Sequence[dict[str, Any]], names: list[str]) -> "RenderableType":
    """Each row as lines of name and value; what is empty in a row is left out."""
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    tables = []
    for number, row in enumerate(rows, 1):
        table = Table(box=None, show_header=False, pad_edge=False, title=f"{number} of {len(rows)}")
        table.title_justify = "left"
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name in names:
            if row.get(name) not in (None, ""):
                table.add_row(_plain(name), _plain(row[name]))
        tables.append(table)
    return Group(*tables)


def _plain(value: Any) -> "Text":
    """Text, never markup: a tag or a log field may hold anything, also control characters."""
    from rich.text import Text  # noqa: PLC0415

    text = _text(value)
    return Text(
        "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    )
