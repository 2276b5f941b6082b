"""JUnit's XML, which CI servers show: a suite for each account and tool, a case for each check.

A case fails when the gate holds any of its findings back. What fails and is let through, what is
muted and what could not be looked at is skipped, with the reason: it did not pass.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TextIO

from baseline.findings.model import FAIL, MANUAL, MUTED, RESOLVED, UNKNOWN, Finding
from baseline.report.cells import printable
from baseline.report.content import Shown
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


# In which order the ends of a case count; a status is that of what is skipped.
_ENDS = ("failure", "error", *_SKIPPED)


@dataclass(slots=True)
class _End:
    """Findings that end a case in one way: the first of them, how many, and lines of some."""

    said: str
    severity: str
    number: int = 0
    lines: list[str] = field(default_factory=list)

    def see(self, finding: Finding) -> None:
        self.number += 1
        if len(self.lines) < _NAMED:
            self.lines.append(_line(finding))

    @property
    def text(self) -> str:
        more = self.number - len(self.lines)
        return "\n".join((*self.lines, f"and {more} more") if more else self.lines)


class _Case(NamedTuple):
    """A check, and how it may end; passed where nothing is said."""

    title: str
    ends: dict[str, _End]

    def see(self, finding: Finding, reason: str) -> None:
        """Take in a finding, and why the gate holds it back; "" lets it through."""
        if finding.status not in _SKIPPED:
            return
        held = "failure" if finding.status == FAIL else "error"
        end = held if reason else finding.status
        said = reason or _SKIPPED[finding.status]
        self.ends.setdefault(end, _End(said, finding.severity)).see(finding)


class _Suite(NamedTuple):
    """What one tool says of an account; cases by service and check."""

    account_name: str
    cases: dict[tuple[str, str], _Case]

    def see(self, finding: Finding, reason: str) -> None:
        check = finding.check or finding.title
        case = self.cases.setdefault((finding.service, check), _Case(finding.title, {}))
        case.see(finding, reason)


def write_junit(out: TextIO, findings: Iterable[Shown], gate: Gate) -> None:
    """Write a document. What it says is held in memory, which is little of each finding."""
    suites: dict[tuple[str, str], _Suite] = {}
    for shown in findings:
        finding = shown.finding._replace(status=shown.status)
        if finding.status != RESOLVED:
            name = finding.account_name or finding.account_id
            key = finding.account_id, finding.tool
            suites.setdefault(key, _Suite(name, {})).see(finding, gate.reason(shown))
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="AWS Baseline">\n')
    out.writelines(
        f"{ET.tostring(_element(account_id, tool, suite), encoding='unicode')}\n"
        for (account_id, tool), suite in suites.items()
    )
    out.write("</testsuites>\n")


def _element(account_id: str, tool: str, told: _Suite) -> ET.Element:
    named = f"{tool} in {told.account_name} ({account_id})" if account_id else tool
    suite = ET.Element("testsuite", name=printable(named))
    for (service, check), its in told.cases.items():
        title = its.title
        case = ET.SubElement(
            suite,
            "testcase",
            classname=printable(f"{tool}.{account_id}.{service or 'everything'}"),
            name=printable(check if title in ("", check) else f"{check}: {title}"),
        )
        _judge(case, its.ends)
    suite.set("tests", str(len(told.cases)))
    for attribute, element in (
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))
    return suite


def _judge(case: ET.Element, ends: dict[str, _End]) -> None:
    """Give ``case`` the element that says how it ended; without one it passed."""
    how = next((name for name in _ENDS if name in ends), None)
    if how is None:
        return
    end = ends[how]
    number = "1 finding" if end.number == 1 else f"{end.number} findings"
    element = ET.SubElement(
        case, "skipped" if how in _SKIPPED else how, message=f"{printable(end.said)}: {number}"
    )
    if how not in _SKIPPED:
        element.set("type", printable(end.severity))
    element.text = printable(end.text, keep="\n")


def _line(finding: Finding) -> str:
    where = " ".join(part for part in (finding.region, finding.resource) if part)
    return " ".join(f"{where or 'everywhere'}: {finding.detail}".split())
