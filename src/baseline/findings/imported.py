"""Files of others: what Prowler, ScoutSuite, GuardDuty or Config wrote elsewhere, by their form."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from baseline.errors import ToolError
from baseline.findings import config, guardduty, ocsf, prowler, scoutsuite
from baseline.findings.look import AUDIT, PARTIAL, Gap, Look, Place
from baseline.findings.model import DETECTING, CheckDetails, Finding

# Who answers for a region, and not for an account as a whole.
_BY_REGION = DETECTING | {config.TOOL}

Read = tuple[list[Finding], list[CheckDetails]]

# What files of others bring about that are of no form, or damaged.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
               RecursionError)  # fmt: skip


def read(file: Path) -> Read:
    """The findings in ``file``, and what it says of their checks.

    Raises ToolError when it is empty, not whole, or of a form that nobody here knows.
    """
    try:
        findings, details = _csv(file) if file.suffix == ".csv" else _json(file.read_bytes())
        if not all(set(map(type, finding)) == {str} for finding in findings):
            raise ValueError("a finding of it is not whole")
    except _UNREADABLE as error:
        raise ToolError(
            f"its findings cannot be read: {_reason(error)}",
            where=str(file),
            remedy="Export it again: as Prowler's CSV, OCSF or ASFF, ScoutSuite's results, or an "
            "answer of GuardDuty's or Config's API.",
        ) from None
    return findings, details


def _reason(error: Exception) -> str:
    match error:
        case OSError():
            return error.strerror or str(error)
        case KeyError():
            return f"a finding of it has no {error.args[0]}"
        case RecursionError():
            return "it is nested too deeply"
        case ValueError():
            return str(error)
    return "a finding of it is not whole"


def look(findings: Iterable[Finding], taken: str, *, whole: bool = False) -> Look:
    """A look that found ``findings``; it was ``taken`` then, UTC, ISO 8601.

    Unless they are the ``whole`` of what there is, nothing follows of what is not among them.
    """
    told = list(findings)
    places = tuple(sorted({_place(finding) for finding in told}))
    stamp = taken.replace("-", "").replace(":", "")
    if whole:
        return Look(stamp, AUDIT, taken, taken, tried=places, looked=places)
    return Look(
        stamp,
        AUDIT,
        taken,
        taken,
        tried=places,
        looked=places,
        gaps=tuple(Gap(*place, reason=PARTIAL) for place in places),
        imported=True,
    )


def _place(finding: Finding) -> Place:
    region = finding.region if finding.tool in _BY_REGION else ""
    return Place(finding.tool, finding.account_id, region)


def _csv(file: Path) -> Read:
    if not file.stat().st_size:
        raise ValueError("it is empty")
    return list(prowler.csv_findings(file)), list(prowler.csv_details(file))


def _json(text: bytes) -> Read:
    if not text.strip():
        raise ValueError("it is empty")
    if text.lstrip().startswith(b"scoutsuite_results"):
        return list(scoutsuite.findings(text)), list(scoutsuite.details(text))
    told = msgspec.json.decode(text)
    if isinstance(told, list) and told and "class_uid" in told[0]:
        return _events(text)
    return list(_answers(told, text)), []


def _events(text: bytes) -> Read:
    """OCSF: Prowler's, or what left this house."""
    events = msgspec.json.decode(text, type=list[ocsf.Event])
    if not all("compliance" in event.unmapped for event in events):
        return [ocsf.finding(event) for event in events], []
    return list(prowler.ocsf_findings(text)), list(prowler.ocsf_details(text))


def _answers(told: Any, text: bytes) -> Iterator[Finding]:
    """Answers of APIs, and what was sent to Security Hub."""
    if isinstance(told, dict):
        for name, finding in _RESULTS.items():
            if name in told:
                return map(finding, told[name])
    found = told["Findings"] if isinstance(told, dict) and "Findings" in told else told
    if not isinstance(found, list) or not found:
        raise ValueError("nothing in it is a finding")
    if "ProductArn" in found[0]:
        return prowler.asff_findings(text)
    return map(guardduty.finding, found)


_RESULTS: dict[str, Callable[[Any], Finding]] = {
    "AggregateEvaluationResults": config.finding,
    "EvaluationResults": config.finding,
}
