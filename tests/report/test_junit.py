"""JUnit's XML, read back by a parser of somebody else's."""

import io
from collections.abc import Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from baseline.findings.comparison import Change
from baseline.findings.model import FAIL, MANUAL, MUTED, PASS, UNKNOWN
from baseline.report.content import Shown
from baseline.report.gates import EVERYTHING, Gate
from baseline.report.junit import write_junit
from given_findings import HOSTILE, SECOND, hostile, shown


def read(findings: list[Shown], gate: Gate = EVERYTHING) -> JUnitXml:
    out = io.StringIO()
    write_junit(out, iter(findings), gate)
    return JUnitXml.fromstring(out.getvalue().encode())


def cases(xml: JUnitXml) -> Iterator[TestCase]:
    return (case for suite in xml for case in suite)


def ends(xml: JUnitXml) -> dict[str, list[tuple[type, str]]]:
    """How each case ended, by the check."""
    return {
        case.name.partition(":")[0]: [(type(r), r.message) for r in case.result]
        for case in cases(xml)
    }


def test_each_status_ends_a_case_in_its_own_way() -> None:
    xml = read(
        [shown(status.lower(), "high", status) for status in (FAIL, PASS, MANUAL, MUTED, UNKNOWN)]
    )
    assert ends(xml) == {
        "fail": [(Failure, "high: 1 finding")],
        "pass": [],
        "manual": [(Skipped, "a person has to look: 1 finding")],
        "muted": [(Skipped, "muted: 1 finding")],
        "unknown": [(Error, "could not look: 1 finding")],
    }
    (suite,) = xml
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (5, 1, 1, 2)
    assert suite.name == "prowler in production (111111111111)"


def test_what_the_gate_lets_through_did_not_pass_either() -> None:
    findings = [shown("open", "high"), shown("blind", "high", UNKNOWN), shown("fine", status=PASS)]
    assert ends(read(findings, Gate("critical"))) == {
        "open": [(Skipped, "fails, and the gate lets it through: 1 finding")],
        "blind": [(Skipped, "could not look: 1 finding")],
        "fine": [],
    }


def test_a_case_is_one_check_of_an_account_and_names_its_resources() -> None:
    findings = [shown(resource=f"arn:aws:s3:::b{number:02}") for number in range(30)]
    (case,) = cases(read([*findings, shown(status=PASS)]))
    assert (case.classname, case.name) == ("prowler.111111111111.s3", "s3_open: Title of s3_open")
    (failure,) = case.result
    assert (failure.message, failure.type) == ("critical: 30 findings", "critical")
    lines = failure.text.splitlines()
    assert lines[0] == "eu-west-1 arn:aws:s3:::b00: It is open."
    assert (len(lines), lines[-1]) == (26, "and 5 more")


def test_each_account_and_tool_has_a_suite_and_what_is_resolved_has_no_case() -> None:
    xml = read(
        [
            shown("a"),
            shown("b", tool="scoutsuite"),
            shown("c", account_id=SECOND, account_name=""),
            shown("d", account_id=SECOND, change=Change.RESOLVED),
        ]
    )
    assert [suite.name for suite in xml] == [
        "prowler in production (111111111111)",
        "scoutsuite in production (111111111111)",
        "prowler in 222222222222 (222222222222)",
    ]
    assert list(ends(xml)) == ["a", "b", "c"]


def test_hostile_text_stays_text() -> None:
    out = io.StringIO()
    write_junit(out, [Shown(hostile()), Shown(hostile(status=UNKNOWN))], EVERYTHING)
    written = out.getvalue()
    assert written.replace("\n", "").isprintable()
    (case,) = cases(JUnitXml.fromstring(written.encode()))
    assert "<script>alert(1)</script>" in case.name
    assert "\u202e" in HOSTILE
    assert "\u202e" not in case.name


def test_no_findings_are_a_document_too() -> None:
    assert list(read([])) == []
