"""An audit as it goes: a live table on a terminal, a line for each change elsewhere."""

from collections.abc import Iterable
from time import monotonic

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from baseline.audit.findings import FAIL, UNKNOWN
from baseline.audit.job import Progress
from baseline.audit.manifest import Run, Status
from baseline.audit.tools import TOOLS
from baseline.cli.audit_rows import scan_name

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


def view(run: Run, changes: Iterable[Progress], *, shown: bool) -> None:
    """Consume ``changes``, drawing them on stderr when ``shown``."""
    console = Console(stderr=True)
    if not shown:
        for _ in changes:
            continue
    elif console.is_terminal:
        _live(run, changes, console)
    else:
        _lines(changes)


def _live(run: Run, changes: Iterable[Progress], console: Console) -> None:
    latest: dict[tuple[str, str], Progress] = {}
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        for change in changes:
            latest.pop(change.entry.key, None)
            latest[change.entry.key] = change
            live.update(_picture(run, latest, console.height))


def _picture(run: Run, latest: dict[tuple[str, str], Progress], height: int) -> Group:
    """The scans that go on, then those that ended last, as many as fit; and the sum."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Account", "Tool", "State", "Checks", "Failing"):
        table.add_column(name, no_wrap=True)
    newest_first = list(latest.values())[::-1]
    changes = sorted(newest_first, key=lambda c: c.entry.status is not Status.RUNNING)
    for change in changes[: max(4, height - 4)]:
        table.add_row(*_cells(change))
    over = sum(c.entry.status is not Status.RUNNING for c in latest.values())
    return Group(table, Text(f"{over} of {len(run.entries)} scans have ended", style="dim"))


def _cells(change: Progress) -> tuple[Text, ...]:
    entry, reach = change.entry, change.reach
    checks = f"{reach.done}/{reach.total}" if reach.total else str(reach.done or "")
    failing = entry.counts.get(FAIL, reach.failing) or ""
    return (
        Text(f"{entry.account_name} ({entry.account_id})"),
        Text(TOOLS[entry.tool].title),
        Text(entry.status, style=_STYLES[entry.status]),
        Text(checks),
        Text(str(failing)),
    )


def _lines(changes: Iterable[Progress]) -> None:
    said: dict[tuple[str, str], float] = {}
    states: dict[tuple[str, str], Status] = {}
    for change in changes:
        key, now = change.entry.key, monotonic()
        if states.get(key) == change.entry.status and now - said[key] < _HEARTBEAT:
            continue
        said[key], states[key] = now, change.entry.status
        click.echo(_line(change), err=True)


def _line(change: Progress) -> str:
    entry, reach = change.entry, change.reach
    text = f"{scan_name(entry)}: {entry.status}"
    if entry.counts:
        counts = f"{entry.counts.get(FAIL, 0)} fail, {entry.counts.get(UNKNOWN, 0)} could not look"
        text = f"{text}, {counts}, {entry.seconds:.0f} s"
    elif reach.done:
        text = f"{text}, {reach.done}/{reach.total or '?'} checks, {reach.failing} failing so far"
    return text
