"""What commands share: options, rows on stdout, talk on stderr."""

import csv
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from baseline import configuration
from baseline.configuration import Configuration
from baseline.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import RenderableType

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

# A text longer than this is folded before a table is given up for records ...
_LONG = 40
# ... and so are columns that would like this many times the terminal's width.
_CROWDED = 1.5
# Columns up to this wide are not folded where each of the others keeps so much room: an id or the
# time can be copied.
_SHORT, _ROOM = 40, 16
# Pieces of an answer that are printed together, bytes of a table that wait in memory, and what no
# text of a cell holds.
_BATCH, _HELD, _BETWEEN = 500, 16 * 1024**2, "\x1f"
# Blanks between two columns; one has to do where the short columns fit with that alone.
_GAP = 2


def aws_options(command: F) -> F:
    """``--config`` and ``--profile``."""
    command = click.option(
        "--profile", envvar="BASELINE_PROFILE", help="Profile of the AWS configuration to use."
    )(command)
    return config_option(command)


def config_option(command: F) -> F:
    """``--config``."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="BASELINE_CONFIG",
        help="Configuration file.  [default: baseline.yaml, if it is there]",
    )(command)


def reports_option(command: F) -> F:
    """``--reports``."""
    return click.option(
        "--reports",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BASELINE_REPORTS",
        help="Where the reports are kept.  [default: reports]",
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
    """Say something that is not the answer; what others named obeys no terminal."""
    click.echo(printable(text), err=True)


def printable(text: str, keep: str = "\n\t") -> str:
    """``text`` without what a terminal would obey: logs and rules are written by others."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)


def as_json(value: Any) -> str:
    """``value`` as JSON for people and programs, with nothing in it that a terminal would obey."""
    text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    from baseline.report.cells import escaped  # noqa: PLC0415  # the page's library is slow to import

    return escaped(text)


def check_can_ask(*, yes: bool, look: str = "") -> None:
    """Refuse early what would have to ask in the end, where there is nobody to be asked.

    ``look`` is a command that says what would be done.
    """
    if not yes and not sys.stdin.isatty():
        raise ConfigurationError(
            "this changes something and there is no terminal to ask",
            remedy=f"See what with: {look}; then add --yes." if look else "Add --yes.",
        )


def confirm(question: str, *, yes: bool) -> None:
    """Ask on stderr unless ``yes``; end the command when the answer is no."""
    check_can_ask(yes=yes)
    if not yes and not click.confirm(question, err=True):
        talk("Nothing was changed.")
        raise click.exceptions.Exit(1)


def show(
    rows: Iterable[dict[str, Any]],
    output: str,
    columns: Sequence[str] | None = None,
    *,
    records: Sequence[str] | None = None,
    most: int | None = None,
) -> None:
    """Print ``rows`` on stdout as they come; ``columns`` orders them, default: those of the first.

    On a terminal a row that comes as a record has ``records``, and no more than ``most`` come.
    """
    if output == "json":
        _print_pieces(_json(rows))
        return
    if not columns:
        rows = list(rows)
        columns = list(rows[0] if rows else ())
    if output == "csv":
        _print_pieces(_csv(rows, columns))
    else:
        _table(rows, list(columns), list(records or columns), most)


def _print_pieces(pieces: Iterable[str]) -> None:
    """Many at a time: each time that something is printed it is flushed."""
    for some in _batches(pieces):
        click.echo("".join(some), nl=False)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    return iter(lambda: list(islice(left, _BATCH)), [])


def _json(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """An array of ``rows`` as ``as_json`` writes it, a row at a time."""
    before = "["
    for row in rows:
        indented = as_json(row).replace("\n", "\n  ")
        yield f"{before}\n  {indented}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _csv(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> Iterator[str]:
    from baseline.report.cells import defused  # noqa: PLC0415  # the page's library is slow to import

    def cell(value: Any) -> str:
        text = _text(value)
        return text if isinstance(value, int | float) else defused(text)

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in chain([map(cell, names)], ([cell(row.get(n)) for n in names] for row in rows)):
        writer.writerow(row)
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)


def _table(
    rows: Iterable[dict[str, Any]], names: list[str], records: list[str], most: int | None
) -> None:
    """For people: what a terminal cannot show side by side comes a record at a time."""
    from rich.console import Console  # noqa: PLC0415  # rich is slow to import

    console = Console()
    if not console.is_terminal:
        if not _print_lines(names, rows):
            talk("No rows.")
        return
    left = iter(rows)
    shown = list(islice(left, most))
    if not shown:
        talk("No rows.")
        return
    cells = list(_cells(shown, names))
    wide = sum(_wanted_width(column) for column in zip(names, *cells, strict=True))
    fits = wide <= _CROWDED * console.width
    console.print(
        _columns(names, cells, console.width)
        if fits
        else _records(records, list(_cells(shown, records)))
    )
    # Counted to the end, but not kept.
    if more := sum(1 for _ in left):
        talk(f"{more:,} more: -o csv, -o json or --limit.")


def _cells(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> Iterator[list[str]]:
    return ([_plain(row.get(name)) for name in names] for row in rows)


def _wanted_width(column: Iterable[str]) -> int:
    """How wide a column would like to be; a longer text may be folded."""
    return min(_LONG, max(len(text) for text in column)) + 1


def _print_lines(names: list[str], rows: Iterable[dict[str, Any]]) -> int:
    """Columns for a pipe or a file, as wide as they are; rich would take minutes for many rows.

    How wide that is only the last row can tell: many rows wait in a file that has no name. Returns
    how many there are.
    """
    lines, widths = 0, [0] * len(names)
    with tempfile.SpooledTemporaryFile(_HELD, "w+", encoding="utf-8", newline="\n") as waiting:
        for row in chain([list(map(_plain, names))], _cells(rows, names)):
            widths = list(map(max, widths, map(len, row)))
            lines += 1
            waiting.write(_BETWEEN.join(row) + "\n")
        waiting.seek(0)
        _print_pieces(_line(line, widths) for line in waiting)
    return lines - 1


def _line(cells: str, widths: list[int]) -> str:
    texts = cells.removesuffix("\n").split(_BETWEEN)
    line = "  ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True))
    return f"{line.rstrip()}\n"


def _columns(names: list[str], cells: list[list[str]], width: int) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415  # rich is slow to import
    from rich.text import Text  # noqa: PLC0415  # rich is slow to import

    firm, gap = _firm(names, cells, width)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, gap, 0, 0))
    for name, whole in zip(names, firm, strict=True):
        table.add_column(name, overflow="fold", no_wrap=whole)
    for row in cells:
        # Text, never markup: a tag or a log field may hold anything.
        table.add_row(*map(Text, row))
    return table


def _firm(names: list[str], cells: list[list[str]], width: int) -> tuple[list[bool], int]:
    """Which columns are not folded, and the gap: from the shortest on, while others can give way.

    What is not folded would be cut off where there is no room for it.
    """
    from rich.cells import cell_len  # noqa: PLC0415  # rich is slow to import

    wanted = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    least = [min(wide, _ROOM) for wide in wanted]
    gap = _GAP if sum(least) + _GAP * len(wanted) <= width else 1
    left = width - sum(least) - gap * len(wanted)
    if left < 0:
        return [False] * len(wanted), _GAP
    firm = [False] * len(wanted)
    for number in sorted(range(len(wanted)), key=wanted.__getitem__):
        left -= wanted[number] - least[number]
        firm[number] = wanted[number] <= _SHORT and left >= 0
    return firm, gap


def _records(names: list[str], cells: list[list[str]]) -> "RenderableType":
    """Each row as lines of name and value; what is empty in a row is left out."""
    from rich.console import Group  # noqa: PLC0415  # rich is slow to import
    from rich.table import Table  # noqa: PLC0415  # rich is slow to import
    from rich.text import Text  # noqa: PLC0415  # rich is slow to import

    tables = []
    for number, row in enumerate(cells, 1):
        table = Table(
            box=None,
            show_header=False,
            pad_edge=False,
            title=f"{number} of {len(cells)}",
            title_justify="left",
        )
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, text in zip(names, row, strict=True):
            if text:
                table.add_row(Text(name), Text(text))
        tables.append(table)
    return Group(*tables)


def _plain(value: Any) -> str:
    """One line of text without control characters, which logs and tags may hold."""
    return printable(_text(value), keep="")
