"""What is kept of AWS, as findings; a place that could not be read is one that is UNKNOWN."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from baseline.findings import config, guardduty
from baseline.findings.config_reading import moment
from baseline.findings.kept import Answer, Judged, Kept, Raw
from baseline.findings.look import READING, Look, Place
from baseline.findings.model import UNKNOWN, Finding
from baseline.organization import Target

Names = Mapping[str, str]


def findings(kept: Kept, names: Names, places: Collection[Place]) -> Iterator[Finding]:
    """What was found in ``places``, archived or not, as it was read last; ``names`` of accounts."""
    for finding in _all(kept):
        if Place(finding.tool, finding.account_id, finding.region) in places:
            name = names.get(finding.account_id, finding.account_id)
            yield finding._replace(account_name=name)


def unseen(answers: Iterable[Answer], names: Names) -> Iterator[Finding]:
    """A finding that is UNKNOWN for each place that could not be read."""
    for answer in answers:
        if answer.reason:
            yield _unseen(answer, names)


def look(answers: Collection[Answer]) -> Look:
    """The reading that gave ``answers``, as it is kept beside the audit runs."""
    started = max(answer.tried for answer in answers)
    return Look(
        stamp=started.replace("-", "").replace(":", ""),
        kind=READING,
        started=started,
        ended=moment(datetime.now(UTC)),
        tried=tuple(answer.place for answer in answers),
        looked=tuple(answer.place for answer in answers if not answer.reason),
    )


def _all(kept: Kept) -> Iterator[Finding]:
    yield from map(guardduty.finding, kept.findings())
    for target, rule, judged in kept.judged():
        yield from map(config.finding, judged.results or _rule(target, rule, judged))


def _rule(target: Target, rule: str, judged: Judged) -> Iterator[Raw]:
    """A rule of which no resource is kept, in the words that Config has for one."""
    yield {
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": {"ConfigRuleName": rule}},
        "ComplianceType": judged.verdict.compliance,
        "AccountId": target.account_id,
        "AwsRegion": target.region,
    }


def _unseen(answer: Answer, names: Names) -> Finding:
    where = answer.place
    before = f"; what is shown is of {answer.read}" if answer.read else ""
    return Finding(
        tool=where.tool,
        account_id=where.account_id,
        account_name=names.get(where.account_id, where.account_id),
        region=where.region,
        service="",
        check="",
        title="Could not look: everything",
        severity="",
        status=UNKNOWN,
        resource="",
        detail=f"{answer.reason.rstrip('.')}{before}. {answer.remedy}",
        uid=f"{where.tool}-unknown-{where.account_id}-{where.region}",
    )
