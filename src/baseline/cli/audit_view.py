"""An audit as it goes: a live table on a terminal, a line for each change elsewhere."""

from collections.abc import Iterable

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from baseline.audit.job import Progress
from baseline.audit.manifest import Status
from baseline.audit.tools import TOOLS
from baseline.cli.audit_board import Board, heartbeats
from baseline.cli.audit_rows import brief, scan_name
from baseline.cli.shared import talk
from baseline.findings.model import FAIL, UNKNOWN

_STYLES = {
    Status.WAITING: "dim",
    Status.RUNNING: "cyan",
    Status.COMPLETE: "green",
    Status.PARTIAL: "yellow",
    Status.FAILED: "red",
    Status.NOT_LOOKED: "red",
}
# Seconds between two lines of one scan that goes on, where there is no terminal.
_HEARTBEAT = 30.0
# Characters of a reason in a line; the whole comes at the end.
_REASON = 80
# Lines of the live view that are not accounts: head, bar, sums, and one for the cursor.
_OTHER_LINES = 4
_MINUTE = 60
_HOUR = 3600


def view(board: Board, changes: Iterable[Progress], *, shown: bool) -> None:
    """Consume ``changes``, drawing them on stderr when ``shown``."""
    console = Console(stderr=True)
    if not shown:
        for _ in changes:
            continue
    elif console.is_terminal:
        _live(board, changes, console)
    else:
        for change in heartbeats(board, iter(changes), _HEARTBEAT):
            talk(_line(board, change))


def _live(board: Board, changes: Iterable[Progress], console: Console) -> None:
    """Drawn by the clock, not by the change: there are many, and each would cost a picture."""
    with Live(
        get_renderable=lambda: picture(board, console.height),
        console=console,
        refresh_per_second=4,
        transient=True,
    ):
        for change in changes:
            board.take(change)


def picture(board: Board, height: int) -> Group:
    """Accounts x tools, those that go on first, as many as fit; how far all is; the sums."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Account", no_wrap=True, overflow="ellipsis", ratio=2)
    for tool in board.tools:
        table.add_column(TOOLS[tool].title, no_wrap=True, overflow="ellipsis", ratio=3)
    for row in board.rows(max(1, height - _OTHER_LINES)):
        account = next(iter(row.values())).entry
        cells = (_cell(board, row.get(tool)) for tool in board.tools)
        table.add_row(Text(f"{account.account_name} {account.account_id}"), *cells)
    bar = Table.grid(expand=True)  # a bar alone does not end its line
    bar.add_row(ProgressBar(total=board.scans or 1, completed=board.over))
    return Group(table, bar, Text(_sums(board), style="dim", no_wrap=True, overflow="ellipsis"))


def _cell(board: Board, change: Progress | None) -> Text:
    if change is None:
        return Text(Status.WAITING, style=_STYLES[Status.WAITING])
    entry, reach = change.entry, change.reach
    parts = [str(entry.status)]
    if entry.status is Status.RUNNING:
        parts = [f"{reach.done}/{reach.total}" if reach.total else f"{reach.done} done"]
        left = board.scan_left(entry)
        failing = reach.failing
        parts += [f"{failing} fail"] if failing else []
        parts += [f"{_about(left)} left"] if left >= 1 else []
    elif entry.counts:
        parts.append(f"{entry.counts.get(FAIL, 0)} fail")
    return Text(" · ".join(parts), style=_STYLES[entry.status])


def _sums(board: Board) -> str:
    states = ", ".join(f"{count} {status}" for status, count in board.sums())
    return f"{_far(board)}; {board.failing} findings fail so far; {states}"


def _far(board: Board) -> str:
    """Like "3 of 600 scans have ended, about 35 min left"."""
    left = board.left()
    told = f", about {_about(left)} left" if left >= 1 and board.over < board.scans else ""
    return f"{board.over} of {board.scans} scans have ended{told}"


def _about(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def _line(board: Board, change: Progress) -> str:
    entry = change.entry
    text = f"{scan_name(entry)}: {entry.status}{_news(change)}"
    return text if entry.status is Status.RUNNING else f"{text}; {_far(board)}"


def _news(change: Progress) -> str:
    entry, reach = change.entry, change.reach
    if entry.counts and entry.status is not Status.WAITING:
        counts = f"{entry.counts.get(FAIL, 0)} fail, {entry.counts.get(UNKNOWN, 0)} could not look"
        return f", {counts}, {entry.seconds:.0f} s"
    if reach.done:
        return f", {reach.done}/{reach.total or '?'} checks, {reach.failing} failing so far"
    return f", {brief(entry.reason, _REASON)}" if entry.reason else ""
