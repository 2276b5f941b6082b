"""Files of others: what Prowler, ScoutSuite, GuardDuty or Config wrote elsewhere, by their form."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from baseline.errors import ToolError
from baseline.findings import config, guardduty, ocsf, prowler, scoutsuite
from baseline.findings.look import AUDIT, PARTIAL, Gap, Look, Place
from baseline.findings.model import (
    DETECTING,
    HISTORY,
    RESOLVED,
    UNKNOWN,
    UNTRIED,
    CheckDetails,
    Finding,
)

_BOM = b"\xef\xbb\xbf"
# Who answers for a region, and not for an account as a whole.
_BY_REGION = DETECTING | {config.TOOL}

_NOTHING = "nothing in it is a finding"

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
        _see_that_all_are_whole(findings)
    except _UNREADABLE as error:
        raise ToolError(
            f"its findings cannot be read: {_reason(error)}",
            where=str(file),
            remedy="Export it again: as Prowler's CSV, OCSF or ASFF, ScoutSuite's results, or an "
            "answer of GuardDuty's or Config's API.",
        ) from None
    return findings, details


def _see_that_all_are_whole(findings: list[Finding]) -> None:
    if not findings:
        raise ValueError(_NOTHING)
    if not all(set(map(type, finding)) == {str} for finding in findings):
        raise ValueError("a finding of it is not whole")
    if not all(finding.account_id.strip() for finding in findings):
        raise ValueError("a finding of it does not say in which account")


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
    text = _array(text.removeprefix(_BOM))
    if not text.strip():
        raise ValueError("it is empty")
    if text.lstrip().startswith(b"scoutsuite_results"):
        return list(scoutsuite.findings(text)), list(scoutsuite.details(text))
    told = msgspec.json.decode(text)
    if isinstance(told, list) and told and "class_uid" in told[0]:
        return _events(text)
    return list(_answers(told, text)), []


def _array(text: bytes) -> bytes:
    """Objects of a line each, as GuardDuty exports them to S3, as one array; else the same."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > 1 and all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
        return b"[" + b",".join(lines) + b"]"
    return text


def _events(text: bytes) -> Read:
    """OCSF: Prowler's, or what left this house."""
    events = msgspec.json.decode(text, type=list[ocsf.Event])
    counting = [event for event in events if not _passed_over(event)]
    findings = [(prowler.of_event if _foreign(e) else ocsf.finding)(e) for e in counting]
    return findings, [prowler.of_check(event) for event in counting if _foreign(event)]


def _passed_over(event: ocsf.Event) -> bool:
    """Whether it is of a report of ours, and no answer: it failed once, or nobody looked."""
    return event.metadata.log_provider == ocsf.PROVIDER and (
        event.status_code == RESOLVED
        or event.metadata.product.name == HISTORY
        or (event.status_code == UNKNOWN and UNTRIED in event.finding_info.uid)
    )


def _foreign(event: ocsf.Event) -> bool:
    """Whether Prowler wrote it itself; raises ValueError for a product that nobody knows here."""
    product, known = event.metadata.product.name, ocsf.TITLES.values()
    if product not in known:
        raise ValueError(f"it has findings of {product!r}, which is none of {', '.join(known)}")
    ours = event.metadata.log_provider == ocsf.PROVIDER
    return product == ocsf.TITLES[prowler.TOOL] and not ours


def _answers(told: Any, text: bytes) -> Iterator[Finding]:
    """Answers of APIs, and what was sent to Security Hub."""
    if isinstance(told, dict):
        for name, finding in _RESULTS.items():
            if name in told:
                return map(finding, told[name])
        # One finding of a whole line: an export of one.
        told = [told] if "schemaVersion" in told else told
    found = told["Findings"] if isinstance(told, dict) and "Findings" in told else told
    if not isinstance(found, list) or not found:
        raise ValueError(_NOTHING)
    if "ProductArn" in found[0]:
        return prowler.asff_findings(text)
    return map(guardduty.finding, found)


_RESULTS: dict[str, Callable[[Any], Finding]] = {
    "AggregateEvaluationResults": config.finding,
    "EvaluationResults": config.finding,
}
