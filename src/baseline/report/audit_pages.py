"""The pages of audits: one of each run, and the front page over all of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from baseline.audit.manifest import Run, Status, readable
from baseline.audit.obstacles import Kind
from baseline.audit.tools import TOOLS
from baseline.files import write
from baseline.findings.model import FAIL, MUTED, OTHER, PASS, SEVERITIES, UNKNOWN, counted_as
from baseline.report.drawing import draw
from baseline.report.standing import standing
from baseline.report.summary import FINDINGS, PAGE, SUMMARY, Summary, as_merged, folder

# What the reader of the page is told of each kind of obstacle.
KINDS = {
    Kind.DENIED: "calls denied",
    Kind.THROTTLED: "calls throttled",
    Kind.CREDENTIALS: "calls without valid credentials",
    Kind.UNREACHABLE: "endpoints not reached",
    Kind.FAILING: "calls that AWS failed",
    Kind.REFUSED: "calls that AWS refused",
    Kind.CRASHED: "services or checks that the tool failed in",
    Kind.OFF: "regions that are not enabled",
    Kind.TOOL: "errors of the tool itself",
    Kind.NOT_AVAILABLE: "calls not available here",
    Kind.NOT_UNDERSTOOD: "things that the tool could not make out",
}

_STYLES = ("base.css", "audits.css")
_NAMES = {"fail": FAIL, "pass": PASS, "unknown": UNKNOWN, "muted": MUTED}
_TITLES = {name: tool.title for name, tool in TOOLS.items()}
# From the folder of a run back to the reports.
_BACK = "../../"
# Runs that the front page lists.
_RUNS = 100


def write_page(summary: Summary, reports: Path) -> None:
    """Write the run's ``index.html``, with links to the tools' own reports."""
    write(folder(reports, summary.stamp) / PAGE, render(summary).encode())


def write_front_page(reports: Path) -> None:
    """Write ``index.html`` of the reports: all runs, and what is known of each account."""
    write(reports / PAGE, render_front_page(reports).encode())


def render_front_page(reports: Path) -> str:
    """The front page, from manifests and sums alone: it costs no second look at any finding."""
    found = [as_merged(run, reports) for run in readable(reports, _RUNS)]
    accounts = standing(found)
    answers = [known.answer for tools in accounts.values() for known in tools.values()]
    usable = [answer for answer in answers if answer]
    severities = Counter[str]()
    for answer in usable:
        for severity, count in answer.severities.items():
            severities[counted_as(severity)] += count
    return draw(
        "front.html",
        (),
        _STYLES,
        runs=[(run, _files(reports, run.stamp), _sums(run)) for run in reversed(found)],
        accounts=accounts,
        looked=len(usable),
        scans=len(answers),
        counts=_added(answer.counts for answer in usable),
        severities=_told(severities),
        failing=severities,
        titles=_TITLES,
        names=_NAMES,
    )


def render(summary: Summary) -> str:
    """The page of a run; no script that comes from an account can run in it."""
    return draw(
        "run.html",
        ("run.js",),
        _STYLES,
        summary=summary,
        kinds=KINDS,
        back=_BACK,
        files={"csv": FINDINGS, "json": SUMMARY, "run": f"{_BACK}runs/{summary.stamp}.json"},
        severities=_told(summary.severities),
        titles=_TITLES,
        names=_NAMES,
    )


def _told(severities: Mapping[str, int]) -> tuple[str, ...]:
    """The severities that are told of, the worst first; OTHER where there is any."""
    return (*SEVERITIES, OTHER) if severities.get(OTHER) else SEVERITIES


def _added(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return total


def _sums(run: Run) -> dict[str, int]:
    states = Counter(entry.status for entry in run.entries)
    return {
        "complete": states[Status.COMPLETE],
        "partial": states[Status.PARTIAL],
        "fail": sum(entry.counts.get(FAIL, 0) for entry in run.entries),
    }


def _files(reports: Path, stamp: str) -> dict[str, str]:
    """The files of a run's merged result, by what they are called; "" is one that is not there."""
    own = folder(reports, stamp)
    names = {"page": PAGE, "csv": FINDINGS, "json": SUMMARY}
    return {
        what: str((own / name).relative_to(reports)) if (own / name).is_file() else ""
        for what, name in names.items()
    }
