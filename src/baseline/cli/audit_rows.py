"""What the audit commands answer, and the words they end with."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.tools import TOOLS
from baseline.findings.model import FAIL, MUTED, PASS, SEVERITIES, UNKNOWN
from baseline.report import PAGE, Summary, folder

# What a run leaves behind when it is interrupted, or killed.
_NOT_DONE = (Status.WAITING, Status.RUNNING)
# How the reason of a call that AWS refused begins: its caller is of another account than the row.
_CALL = re.compile(r"^\d{12} \S+ [\w-]+:\w+: ", re.ASCII)
_WHO = re.compile(r"User: \S+ (?=is not authorized)")


def scan_name(entry: Entry) -> str:
    """What one tool in one account is called."""
    return f"{entry.account_name} ({entry.account_id}) {TOOLS[entry.tool].title}"


def clipped(text: str, length: int) -> str:
    """The beginning of ``text`` where the whole has no room."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def brief(reason: str, length: int) -> str:
    """``reason`` in few characters: what is wrong comes before whose call it was."""
    return clipped(_WHO.sub("", _CALL.sub("", reason)), length)


def shortcomings(entries: Iterable[Entry]) -> list[str]:
    """What is not complete, why, and what to do; tools that say the same share a line."""
    alike = defaultdict(list)
    for entry in entries:
        if entry.reason:
            alike[entry.account_id, entry.status, entry.reason, entry.remedy].append(entry)
    return [_shortcoming(group) for group in alike.values()]


def _shortcoming(alike: list[Entry]) -> str:
    first, *rest = alike
    names = " and ".join((scan_name(first), *(TOOLS[entry.tool].title for entry in rest)))
    return f"{names}: {first.status}; {first.reason.rstrip('.')}. {first.remedy}"


def last_words(summary: Summary, reports: Path) -> str:
    """The sum of a run, and where to look."""
    counts = summary.counts
    waiting = sum(entry.status in _NOT_DONE for entry in summary.completeness)
    # Each scan that is not done is one UNKNOWN, though nobody tried.
    unknown = counts[UNKNOWN] - waiting
    not_done = f"; scans not done: {waiting}" if waiting else ""
    muted = f"{counts[MUTED]} muted, " if counts[MUTED] else ""
    return (
        f"Scans complete: {summary.complete} of {summary.scans}. Findings: {counts[FAIL]} failing, "
        f"{counts[PASS]} passing ({summary.idle} with nothing to look at), "
        f"{muted}{unknown} could not be looked at{not_done}.\n"
        f"Open {folder(reports, summary.stamp) / PAGE}; all runs are in {reports / PAGE}"
    )


SCAN_SHOWN = ("account", "tool", "status", "fail", "unknown", "reason")
# Characters of a reason in the table; the whole stands below it.
_REASON = 40


def shown_scan(entry: Entry) -> dict[str, Any]:
    """One tool in one account for people: what a terminal of 80 columns has room for."""
    row = scan_row(entry)
    return {
        "account": entry.account_name or entry.account_id,
        "tool": entry.tool,
        "status": "not done" if entry.status in _NOT_DONE else entry.status.value,
        "fail": row["fail"],
        "unknown": row["could_not_look"],
        "reason": brief(entry.reason, _REASON),
    }


def scan_row(entry: Entry) -> dict[str, Any]:
    """One tool in one account, as programs are told of it."""
    looked = bool(entry.counts)
    return {
        "account_id": entry.account_id,
        "account": entry.account_name,
        "tool": entry.tool,
        "status": entry.status.value,
        "fail": entry.counts.get(FAIL, 0) if looked else None,
        "pass": entry.counts.get(PASS, 0) if looked else None,
        "nothing_there": entry.idle if looked else None,
        "could_not_look": entry.counts.get(UNKNOWN, 0) if looked else None,
        **{s: entry.severities.get(s, 0) if looked else None for s in SEVERITIES[:3]},
        "seconds": entry.seconds,
        "memory_mb": entry.peak_memory_mb,
        "reason": entry.reason,
        "remedy": entry.remedy,
        "directory": entry.directory,
    }


RUN_COLUMNS = (
    *("run", "started", "ended", "accounts", "tools"),
    *("complete", "partial", "failed", "not_looked", "not_done", "fail"),
)
# What a terminal of 80 columns has room for.
RUN_SHOWN = ("run", "accounts", *RUN_COLUMNS[5:])


def run_row(run: Run) -> dict[str, Any]:
    """One run, as programs are told of it."""
    states = [entry.status for entry in run.entries]
    return {
        "run": run.stamp,
        "started": run.started,
        "ended": run.ended,
        "accounts": len(run.account_ids),
        "tools": ", ".join(dict.fromkeys(entry.tool for entry in run.entries)),
        "complete": states.count(Status.COMPLETE),
        "partial": states.count(Status.PARTIAL),
        "failed": states.count(Status.FAILED),
        "not_looked": states.count(Status.NOT_LOOKED),
        "not_done": sum(states.count(status) for status in _NOT_DONE),
        "fail": sum(entry.counts.get(FAIL, 0) for entry in run.entries),
    }
