"""A gate holds back what is as bad as it says, and nothing that is muted or resolved."""

import pytest

from baseline.findings.comparison import Change
from baseline.findings.config import NO_RESULT
from baseline.findings.model import FAIL, MANUAL, MUTED, PASS, UNKNOWN
from baseline.report.gates import EVERYTHING, Gate, Verdict
from given_findings import shown


@pytest.mark.parametrize(
    ("gate", "severity", "change", "reason"),
    [
        (Gate("high"), "critical", Change.OPEN, "critical"),
        (Gate("high"), "high", None, "high"),
        (Gate("high"), "medium", Change.NEW, ""),
        (Gate("high"), "critical", Change.RESOLVED, ""),
        (Gate("critical"), "never heard of", Change.OPEN, "other"),
        (Gate("critical"), "", None, "other"),
        (Gate(fail_on_new="critical"), "never heard of", Change.NEW, "new, other"),
        (Gate(fail_on_new="low"), "low", Change.NEW, "new, low"),
        (Gate(fail_on_new="low"), "high", Change.REOPENED, "reopened, high"),
        (Gate(fail_on_new="low"), "critical", Change.OPEN, ""),
        (Gate(fail_on_new="low"), "critical", None, ""),
        (Gate(fail_on_new="high"), "medium", Change.NEW, ""),
        (Gate("critical", fail_on_new="low"), "low", Change.NEW, "new, low"),
        (Gate(fail_on_unknown=True), "critical", Change.NEW, ""),
    ],
)
def test_severity_and_change_decide(
    gate: Gate, severity: str, change: Change | None, reason: str
) -> None:
    assert gate.reason(shown("s3_open", severity, change=change)) == reason


@pytest.mark.parametrize("status", [PASS, MUTED, MANUAL])
def test_only_what_fails_is_held_back(status: str) -> None:
    assert EVERYTHING.reason(shown("s3_open", "critical", status)) == ""


def test_what_could_not_be_looked_at_is_held_back_where_that_is_asked_for() -> None:
    unknown = shown("s3_open", "critical", UNKNOWN)
    assert Gate("informational").reason(unknown) == ""
    assert Gate(fail_on_unknown=True).reason(unknown) == "could not look"
    no_result = shown("rule", "medium", UNKNOWN, detail=NO_RESULT, resource="")
    assert Gate(fail_on_unknown=True).reason(no_result) == ""


def test_the_worst_of_what_is_held_back_is_named_in_its_order() -> None:
    verdict = Verdict(Gate("low", fail_on_unknown=True))
    for number in range(30):
        verdict.see(shown(f"medium_{number:02}", "medium"))
    for check, severity, status in (
        ("blind", "critical", UNKNOWN),
        ("low", "low", FAIL),
        ("info", "informational", FAIL),
        ("worst", "critical", FAIL),
    ):
        verdict.see(shown(check, severity, status))
    assert verdict.closed
    assert verdict.reasons == {"medium": 30, "could not look": 1, "low": 1, "critical": 1}
    named = [s.finding.check for s in verdict.worst]
    assert named == ["worst", *(f"medium_{number:02}" for number in range(19))]


def test_the_reasons_are_summed_the_worst_first() -> None:
    verdict = Verdict(Gate("high", fail_on_new="low", fail_on_unknown=True))
    for severity, status, change in (
        ("low", FAIL, Change.NEW),
        ("high", UNKNOWN, None),
        ("medium", FAIL, Change.NEW),
        ("critical", FAIL, Change.OPEN),
    ):
        verdict.see(shown("s3_open", severity, status, change=change))
    assert verdict.summed() == "1 critical, 1 new, medium, 1 new, low, 1 could not look"


def test_without_a_reason_the_gate_is_open() -> None:
    verdict = Verdict(Gate("critical"))
    verdict.see(shown("s3_open", "high"))
    assert not verdict.closed
    assert list(verdict.worst) == []
