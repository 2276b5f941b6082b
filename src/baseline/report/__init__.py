"""What was found, for people and for programs: one page, one CSV, one JSON.

``summary`` reads the results of an audit run once, streaming; ``audit_pages`` draws the summary,
and the front page over all runs, for which ``standing`` says what is known of each account.
``edition`` is the one report over everything: gathered by ``gathering``, drawn by
``findings_page``.
"""

from baseline.report.audit_pages import write_front_page, write_page
from baseline.report.summary import (
    FINDINGS,
    PAGE,
    SUMMARY,
    Summary,
    folder,
    stand_as_latest,
    summarize,
    write_summary,
)

__all__ = [
    "FINDINGS",
    "PAGE",
    "SUMMARY",
    "Summary",
    "folder",
    "stand_as_latest",
    "summarize",
    "write_front_page",
    "write_page",
    "write_summary",
]
