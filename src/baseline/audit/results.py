"""Whether a tool really looked, and what it found: nothing is taken on its word."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from baseline.audit.doubts import Doubts, why
from baseline.audit.environments import Environment
from baseline.audit.manifest import Entry, Status
from baseline.audit.obstacles import TRANSIENT, WEIGHTY, Kind, Obstacle, printable
from baseline.audit.process import Ended
from baseline.audit.scan import Scan, plain
from baseline.audit.tools import TOOLS, Tool
from baseline.errors import ToolError
from baseline.files import write
from baseline.findings.model import FAIL, NOTHING_THERE, PASS, UNKNOWN, Finding

# What kept the tool from looking: worked out while it is installed, read without it.
_OBSTACLES = "obstacles.json"
# How much of a log's end is read for a tool's last words, in bytes.
_LOG_END = 4000
_LONG = 120
_NAME = Finding._fields.index("account_name")
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
    idle: int = 0
    severities: dict[str, int] = field(default_factory=dict)


def judge(environment: Environment, scan: Scan, ended: Ended, log: Path) -> Verdict:
    """The verdict on a scan that ended; what it left behind is read, whatever its exit code."""
    tool = environment.tool
    met = (*scan.unseen, *tool.obstacles(scan.directory, environment.packages))
    errors: Counter[str] = Counter()
    for obstacle in met:
        errors[obstacle.kind.value] += obstacle.count
    try:
        note(scan.directory, met)
        _see_that_it_ended(tool, ended, log)
        tally = _count(tool, scan, met)
    except ToolError as error:
        reason = printable(error.what)
        return Verdict(Status.FAILED, reason, error.remedy, again=True, errors=dict(errors))
    weighty = {o.kind for o in met} & WEIGHTY
    return Verdict(
        Status.PARTIAL if weighty else Status.COMPLETE,
        _summary(met, weighty),
        _remedy(weighty),
        again=bool(weighty & TRANSIENT),
        errors=dict(errors),
        counts=dict(tally.counts),
        idle=tally.idle,
        severities=dict(tally.severities),
    )


def findings(entry: Entry, reports: Path) -> Iterator[Finding]:
    """All answers of one entry: what was found, and as UNKNOWN what could not be looked at.

    Raises ToolError when they are not whole, or no longer there.
    """
    if not entry.usable:
        yield unseen(entry, entry.reason or entry.status)
        return
    tool, directory = TOOLS[entry.tool], reports / entry.directory
    there: Counter[str] = Counter()
    for finding in _answers(tool, directory, entry.account_id, obstacles(entry, reports)):
        there[finding.status] += 1
        # As _replace does it, in a third of the time.
        yield Finding._make((*finding[:_NAME], entry.account_name, *finding[_NAME + 1 :]))
    found = sum(entry.counts.values())
    if Counter(entry.counts) - there:
        raise ToolError(
            f"its results are gone: {there.total()} of {found} findings are there",
            where=str(directory),
            remedy="Put them back, or audit anew: baseline audit run",
        )


def unseen(entry: Entry, reason: str) -> Finding:
    """The answer of an entry that gives none."""
    return _unknown(entry.tool, entry.account_id, "everything", reason)._replace(
        account_name=entry.account_name
    )


def _answers(
    tool: Tool, directory: Path, account_id: str, obstacles: Iterable[Obstacle]
) -> Iterator[Finding]:
    """What the tool wrote, what it passed over in silence, and what it could not look at."""
    doubts, answered = Doubts(obstacles), set[str]()
    for finding in tool.findings(directory):
        answered.add(finding.check)
        yield doubts.settle(finding)
    for finding in tool.idle(directory, answered):
        uid = f"{finding.uid}-{account_id}"
        yield doubts.settle(finding._replace(account_id=account_id, uid=uid))
    for obstacle in doubts.untold():
        what = obstacle.operation or obstacle.service or obstacle.region or "part of the checks"
        only = obstacle.checks[0] if obstacle.checks and len(obstacle.checks) == 1 else ""
        yield _unknown(
            tool.name,
            account_id,
            only or what,
            why(obstacle),
            region=obstacle.region,
            service=obstacle.service,
            check=only,
        )


def note(directory: Path, obstacles: Iterable[Obstacle]) -> None:
    """Keep the obstacles with the results; raises ToolError when that cannot be."""
    write(directory / _OBSTACLES, msgspec.json.encode(tuple(obstacles)))


def obstacles(entry: Entry, reports: Path) -> tuple[Obstacle, ...]:
    """What was noted of an entry when its scan ended; raises ToolError when that is gone."""
    directory = reports / entry.directory
    try:
        text = (directory / _OBSTACLES).read_bytes()
        return msgspec.json.decode(text, type=tuple[Obstacle, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise ToolError(
            f"what it could not see is not noted: {error}",
            where=str(directory / _OBSTACLES),
            remedy="Put the file back, or audit anew: baseline audit run",
        ) from error


def _unknown(
    tool: str,
    account_id: str,
    what: str,
    detail: str,
    *,
    region: str = "",
    service: str = "",
    check: str = "",
) -> Finding:
    return Finding(
        tool=tool,
        account_id=account_id,
        account_name="",
        region=region,
        service=service,
        check=check,
        title=f"Could not look: {what}",
        severity="",
        status=UNKNOWN,
        resource="",
        detail=detail,
        uid=f"{tool}-unknown-{account_id}-{region}-{service}-{what}",
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
        lines = plain(text.read().decode("utf-8", "replace")).splitlines()
    spoken = [line for line in lines if any(c.isalpha() for c in line)]
    last = "".join(c if c.isprintable() else " " for c in spoken[-1]) if spoken else ""
    return " ".join(last.split())[-300:] or "it said nothing"


@dataclass
class _Tally:
    """Answers by status, failing ones by severity, passing ones that had nothing to look at."""

    counts: Counter[str] = field(default_factory=lambda: Counter({UNKNOWN: 0}))
    severities: Counter[str] = field(default_factory=Counter)
    idle: int = 0

    def add(self, finding: Finding) -> None:
        self.counts[finding.status] += 1
        if finding.status == FAIL:
            self.severities[finding.severity] += 1
        self.idle += finding.status == PASS and finding.detail == NOTHING_THERE


def _count(tool: Tool, scan: Scan, obstacles: Iterable[Obstacle]) -> _Tally:
    """The answers, counted; raises ToolError when any is not to be believed."""
    tally = _Tally()
    for finding in _answers(tool, scan.directory, scan.account_id, obstacles):
        if finding.account_id != scan.account_id:
            raise ToolError(
                f"its results are of account {finding.account_id}, not {scan.account_id}",
                remedy="They are not used; check the role and the endpoint.",
            )
        tally.add(finding)
    fault = tool.fault(scan)
    if fault:
        raise ToolError(fault, remedy=_RESUME)
    return tally


def _summary(obstacles: tuple[Obstacle, ...], weighty: set[Kind]) -> str:
    """Like "denied 3 times: guardduty, iam", the weightiest first."""
    parts = []
    for kind in sorted(weighty):
        mine = [o for o in obstacles if o.kind is kind]
        where = sorted({printable(o.service or o.region) for o in mine if o.service or o.region})
        parts.append(f"{kind} {sum(o.count for o in mine)} times: {', '.join(where) or '?'}")
    return "; ".join(parts)


def _remedy(weighty: set[Kind]) -> str:
    if weighty & TRANSIENT:
        return _RESUME
    if Kind.OFF in weighty:
        return "Enable the region there, or leave it out: audit.regions, --region."
    if weighty & {Kind.DENIED, Kind.REFUSED}:
        return "Allow the audit role these calls; the log names each."
    return "See its log, and audit anew: baseline audit run" if weighty else ""
