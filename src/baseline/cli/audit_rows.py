"""What the audit commands answer, and the words they end with."""

from pathlib import Path
from typing import Any

from baseline.audit.findings import FAIL, PASS, SEVERITIES, UNKNOWN
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.tools import TOOLS
from baseline.report import PAGE, Summary, folder


def scan_name(entry: Entry) -> str:
    """What one tool in one account is called."""
    return f"{entry.account_name} ({entry.account_id}) {TOOLS[entry.tool].title}"


def last_words(summary: Summary, reports: Path) -> str:
    """The sum of a run, and where to look."""
    counts = summary.counts
    return (
        f"{summary.complete} of {summary.scans} scans are complete: {counts[FAIL]} findings fail, "
        f"{counts[PASS]} pass ({summary.idle} with nothing to look at), "
        f"{counts[UNKNOWN]} could not be looked at.\n"
        f"Open {folder(reports, summary.stamp) / PAGE}; all runs are in {reports / PAGE}"
    )


# What a terminal has room for.
SCAN_COLUMNS = (
    *("account_id", "account", "tool", "status", "fail", "pass", "could_not_look"),
    *("critical", "high", "seconds"),
)


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
    *("complete", "partial", "failed", "not_looked", "fail"),
)


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
        "not_looked": len(states)
        - sum(states.count(s) for s in (Status.COMPLETE, Status.PARTIAL, Status.FAILED)),
        "fail": sum(entry.counts.get(FAIL, 0) for entry in run.entries),
    }
