"""What an audit run looked at, and what not, as it is kept beside readings of AWS."""

from collections.abc import Collection, Iterator
from pathlib import Path

from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.results import obstacles
from baseline.audit.tools import TOOLS
from baseline.errors import ToolError
from baseline.findings.look import AUDIT, Gap, Look, Place
from baseline.findings.model import CheckDetails

# Nobody tried, or not to the end.
_NOT_DONE = (Status.WAITING, Status.RUNNING)


def look(run: Run, reports: Path) -> Look:
    """``run`` as a look: a scan without a result looked at nothing."""
    tried = [entry for entry in run.entries if entry.status not in _NOT_DONE]
    looked = [entry for entry in tried if entry.usable]
    return Look(
        stamp=run.stamp,
        kind=AUDIT,
        started=run.started,
        ended=run.ended,
        regions=run.regions,
        services=run.services,
        tried=tuple(map(_place, tried)),
        looked=tuple(map(_place, looked)),
        gaps=tuple(gap for entry in looked for gap in _gaps(entry, reports)),
    )


def details(run: Run, reports: Path, wanted: Collection[tuple[str, str]]) -> Iterator[CheckDetails]:
    """What the tools say of the checks that are ``wanted``, by tool and check, each once.

    Most are in the first account's results already; no more are read than it takes.
    """
    missing = set(wanted)
    for entry in run.entries:
        if entry.usable and any(tool == entry.tool for tool, _ in missing):
            for told in _details(entry, reports):
                if (told.tool, told.check) in missing:
                    missing.remove((told.tool, told.check))
                    yield told


def _place(entry: Entry) -> Place:
    return Place(entry.tool, entry.account_id)


def _gaps(entry: Entry, reports: Path) -> Iterator[Gap]:
    try:
        found = obstacles(entry, reports)
    except ToolError as error:  # nobody knows what it could not see
        yield Gap(entry.tool, entry.account_id, reason=error.what)
        return
    for obstacle in found:
        yield Gap(
            entry.tool,
            entry.account_id,
            obstacle.region,
            obstacle.service,
            obstacle.checks,
            f"{obstacle.kind}: {obstacle.example}",
        )


def _details(entry: Entry, reports: Path) -> Iterator[CheckDetails]:
    """Those of one scan; one that is not whole tells what it can."""
    try:
        yield from TOOLS[entry.tool].details(reports / entry.directory)
    except ToolError:
        return
