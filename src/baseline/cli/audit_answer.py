"""The answer of an audit: the merged reports, the scans, and the exit code."""

from pathlib import Path

from baseline.audit.manifest import Run, readable
from baseline.cli.audit_rows import SCAN_SHOWN, last_words, scan_row, shortcomings, shown_scan
from baseline.cli.shared import printable, show, talk
from baseline.findings.muting import Muting
from baseline.report import (
    stand_as_latest,
    summarize,
    write_front_page,
    write_page,
    write_summary,
)
from baseline.report.gates import as_bad

# So many runs may fail one after the other before the latest result is left as it is.
_RECENT = 20


def tell(run: Run, reports: Path, output: str, muting: Muting, fail_on: str = "") -> int:
    """Write the merged reports, show the scans, and give the exit code.

    A run that could not look at anything does not become the latest result.
    """
    summary = summarize(run, reports, muting)
    write_summary(summary, reports)
    write_page(summary, reports)
    if run.stamp == _latest_that_looked(reports):
        stand_as_latest(run.stamp, reports)
    write_front_page(reports)
    if output == "table":
        show([shown_scan(entry) for entry in summary.completeness], output, SCAN_SHOWN)
    else:
        show([scan_row(entry) for entry in summary.completeness], output)
    for line in (*shortcomings(summary.completeness), *muting.notes()):
        talk(printable(line, keep=""))
    talk(last_words(summary, reports))
    bad = any(count and as_bad(name, fail_on) for name, count in summary.severities.items())
    return 1 if bad or summary.complete < summary.scans else 0


def _latest_that_looked(reports: Path) -> str:
    runs = readable(reports, _RECENT)
    return next((r.stamp for r in reversed(runs) if any(e.usable for e in r.entries)), "")
