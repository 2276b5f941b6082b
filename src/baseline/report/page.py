"""One page that opens from disk, with no server and no network, whatever it is fed."""

import base64
import hashlib
import importlib.resources
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from baseline.audit.manifest import Run, Status, readable
from baseline.audit.obstacles import Kind
from baseline.audit.tools import TOOLS
from baseline.files import write
from baseline.findings.model import FAIL, PASS, SEVERITIES, UNKNOWN
from baseline.report.standing import standing
from baseline.report.summary import FINDINGS, PAGE, SHOWN, SUMMARY, Summary, folder

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
    """The front page, from the manifests alone: it costs no second look at any finding."""
    found = readable(reports, _RUNS)
    accounts = standing(found)
    answers = [s.answer for tools in accounts.values() for s in tools.values()]
    severities = Counter[str]()
    for answer in answers:
        severities.update(answer.severities if answer else {})
    return _template("front.html").render(
        runs=[(run, _files(reports, run.stamp), _sums(run)) for run in reversed(found)],
        accounts=accounts,
        looked=sum(answer is not None for answer in answers),
        scans=len(answers),
        severities={s: severities[s] for s in SEVERITIES},
        tools=[t for t in TOOLS if any(t in tools for tools in accounts.values())],
        **_shared(),
    )


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


def render(summary: Summary) -> str:
    """The page. Everything that comes from an account is escaped, and no script of it can run."""
    return _template("page.html").render(
        summary=summary,
        script=_part("page.js"),
        script_hash=_hash(_part("page.js")),
        kinds=KINDS,
        back=_BACK,
        files={"csv": FINDINGS, "json": SUMMARY, "run": f"{_BACK}runs/{summary.stamp}.json"},
        most=SHOWN,
        **_shared(),
    )


def _shared() -> dict[str, Any]:
    """What every page is given."""
    style = _part("page.css")
    return {
        "titles": {name: tool.title for name, tool in TOOLS.items()},
        "severity_names": SEVERITIES,
        "style": style,
        "style_hash": _hash(style),
        "names": {"fail": FAIL, "pass": PASS, "unknown": UNKNOWN},
    }


def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["path"] = quote
    environment.filters["duration"] = _duration
    environment.filters["time"] = _time
    return environment.get_template(name)


def _part(name: str) -> str:
    file = importlib.resources.files("baseline.report") / "templates" / name
    return file.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The source expression that lets exactly ``text`` pass [Content Security Policy, level 3]."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _time(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%-d %B %Y, %H:%M UTC") if text else "not yet"
