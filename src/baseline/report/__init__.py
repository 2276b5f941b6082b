"""What was found, for people and for programs: one page, one CSV, one JSON.

``summary`` reads the results of an audit run once, streaming; ``page`` draws the summary.
"""

from baseline.report.page import write_page
from baseline.report.summary import FINDINGS, PAGE, SUMMARY, Summary, summarize, write_summary

__all__ = [
    "FINDINGS",
    "PAGE",
    "SUMMARY",
    "Summary",
    "summarize",
    "write_page",
    "write_summary",
]
