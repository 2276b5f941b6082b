"""JUnit's XML, which CI servers show: a suite for each account and tool, a case for each check.

A case fails when the gate holds any of its findings back. What fails and is let through, what is
muted and what could not be looked at is skipped, with the reason: it did not pass.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple, TextIO

from baseline.findings.model import FAIL, MANUAL, MUTED, UNKNOWN, Finding
from baseline.report.cells import printable
from baseline.report.content import RESOLVED, Shown
from baseline.report.gates import Gate

# Resources that a case names; it goes to people's screens and has limits there.
_NAMED = 25

# What else keeps a case from having passed, the weightiest first.
_SKIPPED = {
    FAIL: "fails, and the gate lets it through",
    UNKNOWN: "could not look",
    MANUAL: "a person has to look",
    MUTED: "muted",
}


class _Judged(NamedTuple):
    """A finding, and why the gate holds it back; "" lets it through."""

    finding: Finding
    reason: str


def write_junit(out: TextIO, findings: Iterable[Shown], gate: Gate) -> None:
    """Write a document; only one account's findings by one tool are kept in memory at a time.

    ``findings`` of an account and tool should follow each other: what comes apart has two suites.
    """
    judged = (
        _Judged(shown.finding._replace(status=shown.status), gate.reason(shown))
        for shown in findings
        if shown.status != RESOLVED
    )
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="AWS Baseline">\n')
    for (account_id, tool), rows in groupby(judged, key=_suite_of):
        suite = _suite(account_id, tool, list(rows))
        out.write(f"{ET.tostring(suite, encoding='unicode')}\n")
    out.write("</testsuites>\n")


def _suite_of(row: _Judged) -> tuple[str, str]:
    return row.finding.account_id, row.finding.tool


def _suite(account_id: str, tool: str, rows: list[_Judged]) -> ET.Element:
    name = rows[0].finding.account_name or account_id
    suite = ET.Element("testsuite", name=printable(f"{tool} in {name} ({account_id})"))
    cases: dict[tuple[str, str], list[_Judged]] = {}
    for row in rows:
        cases.setdefault((row.finding.service, row.finding.check or row.finding.title), []).append(
            row
        )
    for (service, check), its in cases.items():
        title = its[0].finding.title
        case = ET.SubElement(
            suite,
            "testcase",
            classname=printable(f"{tool}.{account_id}.{service or 'everything'}"),
            name=printable(check if title in ("", check) else f"{check}: {title}"),
        )
        _judge(case, its)
    suite.set("tests", str(len(cases)))
    for attribute, element in (
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))
    return suite


def _judge(case: ET.Element, rows: list[_Judged]) -> None:
    """Give ``case`` the element that says how it ended; without one it passed."""
    for element, status in (("failure", FAIL), ("error", UNKNOWN)):
        held = [row for row in rows if row.reason and row.finding.status == status]
        if held:
            worst = held[0]
            _end(case, element, worst.reason, held).set("type", printable(worst.finding.severity))
            return
    for status, said in _SKIPPED.items():
        its = [row for row in rows if row.finding.status == status]
        if its:
            _end(case, "skipped", said, its)
            return


def _end(case: ET.Element, element: str, said: str, rows: list[_Judged]) -> ET.Element:
    number = "1 finding" if len(rows) == 1 else f"{len(rows)} findings"
    end = ET.SubElement(case, element, message=f"{printable(said)}: {number}")
    end.text = printable("\n".join(_lines(rows)), keep="\n")
    return end


def _lines(rows: list[_Judged]) -> Iterable[str]:
    for finding, _ in rows[:_NAMED]:
        where = " ".join(part for part in (finding.region, finding.resource) if part)
        yield " ".join(f"{where or 'everywhere'}: {finding.detail}".split())
    if len(rows) > _NAMED:
        yield f"and {len(rows) - _NAMED} more"
