"""One page that opens from disk, with no server and no network, whatever it is fed."""

import base64
import hashlib
import importlib.resources
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import jinja2

from baseline.audit.findings import FAIL, PASS, SEVERITIES, UNKNOWN
from baseline.audit.manifest import write
from baseline.audit.obstacles import Kind
from baseline.audit.tools import TOOLS
from baseline.report.summary import FINDINGS, PAGE, SHOWN, SUMMARY, Summary

# What the reader of the page is told of each kind of obstacle.
KINDS = {
    Kind.DENIED: "calls denied",
    Kind.THROTTLED: "calls throttled",
    Kind.CREDENTIALS: "calls without valid credentials",
    Kind.UNREACHABLE: "endpoints not reached",
    Kind.FAILING: "calls that AWS failed",
    Kind.REFUSED: "calls that AWS refused",
    Kind.CRASHED: "services or checks that the tool failed in",
    Kind.NOT_AVAILABLE: "calls not available here",
    Kind.TOOL: "errors of the tool itself",
}


def write_page(summary: Summary, reports: Path) -> None:
    """Write ``index.html``, with links to the tools' own reports beside it."""
    write(reports / PAGE, render(summary).encode())


def render(summary: Summary) -> str:
    """The page. Everything that comes from an account is escaped, and no script of it can run."""
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
    style, script = _part("page.css"), _part("page.js")
    return environment.get_template("page.html").render(
        summary=summary,
        titles={name: tool.title for name, tool in TOOLS.items()},
        severities=SEVERITIES,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        names={"fail": FAIL, "pass": PASS, "unknown": UNKNOWN},
        kinds=KINDS,
        files={"csv": FINDINGS, "json": SUMMARY, "run": f"runs/{summary.stamp}.json"},
        most=SHOWN,
    )


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
