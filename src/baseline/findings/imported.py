"""Files of others: what Prowler, ScoutSuite, GuardDuty or Config wrote elsewhere, by their form."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from baseline.errors import ToolError
from baseline.findings import config, guardduty, ocsf, prowler, scoutsuite
from baseline.findings.look import AUDIT, Look, Place
from baseline.findings.model import DETECTING, CheckDetails, Finding

# Who answers for a region, and not for an account as a whole.
_BY_REGION = DETECTING | {config.TOOL}

Read = tuple[list[Finding], list[CheckDetails]]


def read(file: Path) -> Read:
    """The findings in ``file``, and what it says of their checks.

    Raises ToolError when it is empty, not whole, or of a form that nobody here knows.
    """
    try:
        return _csv(file) if file.suffix == ".csv" else _json(file.read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ToolError(
            f"its findings cannot be read: {reason}",
            where=str(file),
            remedy="Export it again: as Prowler's CSV, OCSF or ASFF, ScoutSuite's results, or an "
            "answer of GuardDuty's or Config's API.",
        ) from None


def look(findings: Iterable[Finding], taken: str) -> Look:
    """A look that found ``findings``; it was ``taken`` then, UTC, ISO 8601."""
    places = tuple(sorted({_place(finding) for finding in findings}))
    stamp = taken.replace("-", "").replace(":", "")
    return Look(stamp, AUDIT, taken, taken, tried=places, looked=places)


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
