"""GuardDuty's findings in one region, asked of the account that administers it there.

After the first time only what changed is got. Findings are listed by when they were updated; but
archiving need not count as an update, and GuardDuty forgets a finding after 90 days. So those that
are not archived are counted, too: where AWS counts otherwise than we do, their ids are compared.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from baseline.errors import BaselineError
from baseline.findings.kept import Kept, Raw
from baseline.parallel import Pause
from baseline.sessions import Session

# Ids that a call takes, and that a page has [GuardDuty API: GetFindings, ListFindings].
_AT_ONCE = 50
# Groups that an answer has at most [GetFindingsStatistics].
_GROUPS = 100
# Milliseconds before the latest update that are asked for again: findings of members come to the
# administrator a little later, and two may have the same second.
_OVERLAP = 15 * 60 * 1000

_OLDEST_FIRST = {"AttributeName": "updatedAt", "OrderBy": "ASC"}
_OPEN = {"service.archived": {"Equals": ["false"]}}

_DEPLOY = "See: baseline rollout verify; then: baseline rollout deploy"


@dataclass(frozen=True)
class Blind:
    """Why nothing is known of an account, and what to do."""

    reason: str
    remedy: str = _DEPLOY


def read(
    session: Session, region: str, accounts: Collection[str], kept: Kept, pause: Pause
) -> dict[str, Blind | None]:
    """Bring the findings of ``region`` that are kept up to date; why ``accounts`` are not seen.

    ``session`` is of the administrator. Raises BaselineError when it can see nothing there, and
    StoppedError once ``pause`` was ended.
    """
    client = session.client("guardduty", region)
    detectors = client.list_detectors()["DetectorIds"]
    if not detectors:
        raise BaselineError(
            f"GuardDuty is not on in {session.account_id}, which should administer it",
            remedy=_DEPLOY,
        )
    detector = Detector(client, detectors[0], region, kept, pause)
    detector.bring_up_to_date()
    return detector.seen(session.account_id, accounts)


class Detector:
    """The administrator's detector in one region, and what is kept of it."""

    def __init__(
        self, client: Any, detector_id: str, region: str, kept: Kept, pause: Pause
    ) -> None:
        self._client = client
        self._id = detector_id
        self._region = region
        self._kept = kept
        self._pause = pause

    def bring_up_to_date(self) -> None:
        """Get what changed since the last time, the oldest first: whatever ends it, it goes on."""
        self._kept.begin(self._region, self._id)
        latest = self._kept.updated(self._region)
        since = {"updatedAt": {"GreaterThanOrEqual": latest - _OVERLAP}} if latest else {}
        for ids in self._pages(since, SortCriteria=_OLDEST_FIRST):
            self._get(ids)
        ours = Counter(self._kept.severities(self._region).values())
        if self._counted() != ours:
            self._compare()

    def seen(self, own: str, accounts: Collection[str]) -> dict[str, Blind | None]:
        """None for each account whose findings are seen here, else why they are not."""
        pages = self._client.get_paginator("list_members").paginate(
            DetectorId=self._id, OnlyAssociated="false"
        )
        members = {m["AccountId"]: m["RelationshipStatus"] for p in pages for m in p["Members"]}
        found = {account: _member(own, members.get(account)) for account in accounts}
        if own in found:
            found[own] = self._own()
        return found

    def _own(self) -> Blind | None:
        status = self._client.get_detector(DetectorId=self._id)["Status"]
        return None if status == "ENABLED" else Blind("GuardDuty is suspended there")

    def _compare(self) -> None:
        """Find out which findings were archived, brought back, forgotten, or came late."""
        ours = set(self._kept.severities(self._region))
        theirs = {one for ids in self._pages(_OPEN) for one in ids}
        for ids in _batches(sorted(theirs - ours)):
            self._get(ids)
        for ids in _batches(sorted(ours - theirs)):
            there = {one for page in self._pages({"id": {"Equals": ids}}) for one in page}
            self._get(sorted(there))
            self._kept.drop_findings(self._region, set(ids) - there)

    def _get(self, ids: list[str]) -> None:
        self._pause(0)  # where there are many, nobody wants to wait for the last
        if ids:
            answer = self._client.get_findings(DetectorId=self._id, FindingIds=ids)
            findings: list[Raw] = answer["Findings"]
            self._kept.put_findings(self._region, findings)

    def _pages(self, criterion: dict[str, Any], **more: Any) -> Iterator[list[str]]:
        if criterion:
            more["FindingCriteria"] = {"Criterion": criterion}
        pages = self._client.get_paginator("list_findings").paginate(
            DetectorId=self._id, PaginationConfig={"PageSize": _AT_ONCE}, **more
        )
        return (page["FindingIds"] for page in pages)

    def _counted(self) -> Counter[float]:
        """How many findings are not archived, by severity, as AWS counts."""
        answer = self._client.get_findings_statistics(
            DetectorId=self._id,
            FindingCriteria={"Criterion": _OPEN},
            GroupBy="SEVERITY",
            MaxResults=_GROUPS,
        )
        groups = answer["FindingStatistics"].get("GroupedBySeverity") or ()
        return Counter({group["Severity"]: group["TotalFindings"] for group in groups})


def _member(administrator: str, status: str | None) -> Blind | None:
    if status == "Enabled":
        return None
    if status == "Disabled":
        return Blind("GuardDuty is suspended there by its administrator")
    known = f"is {status} and" if status else "is"
    return Blind(f"the account {known} not a member of GuardDuty's administrator {administrator}")


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while batch := list(islice(left, _AT_ONCE)):
        yield batch
