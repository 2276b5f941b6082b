"""Findings, and what a report says beside them, with what matters to a test alone."""

from baseline.findings.comparison import Change
from baseline.findings.model import FAIL, Finding
from baseline.organization import Account
from baseline.report.content import Content, Shown

FIRST, SECOND = "111111111111", "222222222222"

# A text that every reader of it might obey: HTML, Markdown, a formula, a terminal, a bidi control.
HOSTILE = (
    "=cmd|'/C calc'!A1 <script>alert(1)</script><img src=x onerror=alert(2)>\"' `</code>`` ``` "
    "![x](javascript:alert(3)) [click](https://evil.example) | @everyone #1 \\` \\| www.evil.ex "
    "\x1b]0;owned\x07\x1b[2J \u202egnp.exe ]]> &lt;b&gt; \ud800\n"
    "# heading\n- item\n\n---\n\n    block"
)


def a_finding(
    check: str = "s3_open", severity: str = "critical", status: str = FAIL, **fields: str
) -> Finding:
    finding = Finding(
        tool="prowler",
        account_id=FIRST,
        account_name="production",
        region="eu-west-1",
        service="s3",
        check=check,
        title=f"Title of {check}",
        severity=severity,
        status=status,
        resource="arn:aws:s3:::open",
        detail="It is open.",
        uid=f"uid-{check}",
    )
    return finding._replace(**fields)


def shown(*args: str, change: Change | None = None, **fields: str) -> Shown:
    return Shown(a_finding(*args, **fields), change)


def hostile(severity: str = "critical", status: str = FAIL) -> Finding:
    """A finding of which whatever an account can write is hostile."""
    return a_finding(
        HOSTILE,
        severity,
        status,
        account_name=HOSTILE,
        title=HOSTILE,
        resource=HOSTILE,
        detail=HOSTILE,
        uid=HOSTILE,
    )


def a_content(**fields: object) -> Content:
    given: dict[str, object] = {
        "title": "Organization o-simulated1",
        "organization": "o-simulated1",
        "made": "2026-07-26T12:00:00Z",
        "version": "0.1.0",
        "command": "baseline report",
        "accounts": (Account(FIRST, "production", "", "ACTIVE"),),
    }
    return Content(**{**given, **fields})  # type: ignore[arg-type]
