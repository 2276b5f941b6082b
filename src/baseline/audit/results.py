"""Whether a tool really looked, and what it found: nothing is taken on its word."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from baseline.audit.findings import FAIL, UNKNOWN, Finding
from baseline.audit.manifest import Entry, Status
from baseline.audit.obstacles import TRANSIENT, WEIGHTY, Kind, Obstacle
from baseline.audit.process import Ended
from baseline.audit.scan import Scan
from baseline.audit.tools import TOOLS, Tool
from baseline.errors import ToolError

# How much of a log's end is read for a tool's last words, in bytes.
_LOG_END = 4000
_LONG = 120
_RESUME = "Run it again: baseline audit run --resume"


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of a scan; the names are those of ``manifest.Entry``."""

    status: Status
    reason: str = ""
    remedy: str = ""
    again: bool = False
    errors: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    severities: dict[str, int] = field(default_factory=dict)


def judge(tool: Tool, scan: Scan, ended: Ended, log: Path) -> Verdict:
    """The verdict on a scan that ended; what it left behind is read, whatever its exit code."""
    obstacles = tuple(tool.obstacles(scan.directory))
    errors: Counter[str] = Counter()
    for obstacle in obstacles:
        errors[obstacle.kind.value] += obstacle.count
    try:
        _see_that_it_ended(tool, ended, log)
        counts, severities = _count(tool, scan)
    except ToolError as error:
        return Verdict(Status.FAILED, error.what, error.remedy, again=True, errors=dict(errors))
    counts[UNKNOWN] += len(obstacles)
    weighty = {o.kind for o in obstacles} & WEIGHTY
    return Verdict(
        Status.PARTIAL if weighty else Status.COMPLETE,
        _summary(obstacles, weighty),
        _remedy(weighty),
        again=bool(weighty & TRANSIENT),
        errors=dict(errors),
        counts=dict(counts),
        severities=dict(severities),
    )


def findings(entry: Entry, reports: Path) -> Iterator[Finding]:
    """All answers of one entry: what was found, and as UNKNOWN what could not be looked at.

    Raises ToolError when they are not whole, or no longer there.
    """
    if not entry.usable:
        yield unseen(entry, entry.reason or entry.status)
        return
    tool, directory = TOOLS[entry.tool], reports / entry.directory
    there = 0
    for there, finding in enumerate(tool.findings(directory), 1):  # noqa: B007  # used below
        yield finding._replace(account_name=entry.account_name)
    found = sum(count for status, count in entry.counts.items() if status != UNKNOWN)
    if there < found:
        raise ToolError(
            f"its results are gone: {there} of {found} findings are there",
            where=str(directory),
            remedy="Put them back, or audit anew: baseline audit run",
        )
    for obstacle in tool.obstacles(directory):
        what = obstacle.operation or obstacle.service or "part of the check"
        detail = f"{obstacle.kind} ({obstacle.count} times): {obstacle.example}"
        yield _unknown(entry, obstacle.region, obstacle.service, what, detail)


def unseen(entry: Entry, reason: str) -> Finding:
    """The answer of an entry that gives none."""
    return _unknown(entry, "", "", "everything", reason)


def _unknown(entry: Entry, region: str, service: str, what: str, detail: str) -> Finding:
    return Finding(
        tool=entry.tool,
        account_id=entry.account_id,
        account_name=entry.account_name,
        region=region,
        service=service,
        check="",
        title=f"Could not look: {what}",
        severity="",
        status=UNKNOWN,
        resource="",
        detail=detail,
        uid=f"{entry.tool}-unknown-{entry.account_id}-{region}-{service}-{what}",
    )


def _see_that_it_ended(tool: Tool, ended: Ended, log: Path) -> None:
    """Raise ToolError when the tool did not come to its end."""
    if ended.cut == "interrupted":
        raise ToolError("interrupted", remedy=_RESUME)
    if ended.cut == "timeout":
        raise ToolError(
            f"stopped at the time limit, after {_duration(ended.seconds)}",
            remedy="Give it longer with --timeout, or less to do with --service or --region.",
        )
    if ended.returncode not in tool.done:
        meaning = _meaning(tool, ended.returncode)
        raise ToolError(f"{meaning}: {_last_words(log)}", remedy=_RESUME)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= _LONG else f"{seconds:.0f} seconds"


def _meaning(tool: Tool, code: int) -> str:
    if code < 0:
        return f"it was killed by signal {-code}"
    return tool.codes.get(code, "it ended") + f" (exit code {code})"


def _last_words(log: Path) -> str:
    """The last line that says something, of what a tool wrote."""
    with log.open("rb") as text:
        text.seek(max(0, log.stat().st_size - _LOG_END))
        lines = text.read().decode("utf-8", "replace").splitlines()
    spoken = [line for line in lines if any(c.isalpha() for c in line)]
    last = "".join(c if c.isprintable() else " " for c in spoken[-1]) if spoken else ""
    return " ".join(last.split())[-300:] or "it said nothing"


def _count(tool: Tool, scan: Scan) -> tuple[Counter[str], Counter[str]]:
    """Findings by status, and failing ones by severity; raises ToolError for any not to believe."""
    counts: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    for finding in tool.findings(scan.directory):
        if finding.account_id != scan.account_id:
            raise ToolError(
                f"its results are of account {finding.account_id}, not {scan.account_id}",
                remedy="They are not used; check the role and the endpoint.",
            )
        counts[finding.status] += 1
        if finding.status == FAIL:
            severities[finding.severity] += 1
    fault = tool.fault(scan, counts.total())
    if fault:
        raise ToolError(fault, remedy=_RESUME)
    return counts, severities


def _summary(obstacles: tuple[Obstacle, ...], weighty: set[Kind]) -> str:
    """Like "denied 3 times: guardduty, iam", the weightiest first."""
    parts = []
    for kind in sorted(weighty):
        mine = [o for o in obstacles if o.kind is kind]
        where = sorted({o.service for o in mine if o.service})
        parts.append(f"{kind} {sum(o.count for o in mine)} times: {', '.join(where) or '?'}")
    return "; ".join(parts)


def _remedy(weighty: set[Kind]) -> str:
    if weighty & TRANSIENT:
        return _RESUME
    return "Allow the audit role these calls; the log names each." if weighty else ""
