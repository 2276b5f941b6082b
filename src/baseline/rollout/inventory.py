"""What accounts have already of what the baseline makes, before it is there. Changes nothing.

Recorders, delivery channels, trails and detectors of every account and region; and who administers
GuardDuty, and which trails record, for the whole organization.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from baseline.errors import BaselineError
from baseline.organization import Target
from baseline.parallel import Done, each
from baseline.rollout import existing
from baseline.rollout.adopted_checks import delivery
from baseline.rollout.catalogue import Baseline
from baseline.rollout.coverage import Place
from baseline.rollout.delegating import administrator
from baseline.rollout.reach import Reach


class Kind(StrEnum):
    """What can be there."""

    RECORDER = "recorder"
    CHANNEL = "delivery channel"
    DETECTOR = "detector"
    TRAIL = "trail"
    ORGANIZATION_TRAIL = "organization's trail"
    ADMINISTRATOR = "delegated administrator"


@dataclass(frozen=True, order=True)
class Found:
    """One thing that is there: where, what, its name, and in words what it does.

    ``covers`` are the regions whose management events a trail logs, all of them. The name of a
    detector is its id, that of an administrator its account.
    """

    target: Target
    kind: Kind
    name: str
    detail: str
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at, and why: a kind of thing, or everything in a target."""

    target: Target
    what: str
    error: BaselineError


@dataclass(frozen=True)
class Inventory:
    """Everything that was found, and what could not be looked at."""

    found: tuple[Found, ...]
    unseen: tuple[Unseen, ...]

    def of(self, *kinds: Kind) -> Iterator[Found]:
        """What was found of some kinds."""
        return (one for one in self.found if one.kind in kinds)


Progress = Callable[[int, int], None]


def read(
    reach: Reach,
    baseline: Baseline,
    regions: Mapping[str, tuple[str, ...]],
    progress: Progress,
) -> Inventory:
    """What is there in the ``regions`` of each account, asked of all of them at once."""

    def look(target: Target) -> list[Found | Unseen]:
        place = Place(reach.administer(target.account_id), target, baseline)
        return [one for ask in _QUESTIONS for one in _seen(ask, place, regions)]

    targets = sorted(Target(account, r) for account, named in regions.items() for r in named)
    answers: list[Found | Unseen] = []
    for done, outcome in enumerate(each(targets, look), 1):
        progress(done, len(targets))
        if isinstance(outcome, Done):
            answers += outcome.value
        else:
            answers.append(Unseen(outcome.target, "everything", outcome.error))
    return Inventory(
        tuple(sorted(one for one in answers if isinstance(one, Found))),
        tuple(one for one in answers if isinstance(one, Unseen)),
    )


_Regions = Mapping[str, tuple[str, ...]]
_Question = Callable[[Place, _Regions], Iterator[Found]]


def _seen(ask: _Question, place: Place, regions: _Regions) -> list[Found | Unseen]:
    """The answers to one question; a service that refuses hides no other."""
    try:
        return [*ask(place, regions)]
    except BaselineError as error:
        return [Unseen(place.target, ask.__name__.strip("_"), error)]


def _recorders(place: Place, _regions: _Regions) -> Iterator[Found]:
    found = existing.recorder(place)
    if found is None:
        return
    recording = existing.recorder_status(place, found["name"]).get("recording")
    group = found.get("recordingGroup", {})
    resources = "all resources" if group.get("allSupported") else "some resources only"
    if group.get("includeGlobalResourceTypes"):
        resources += ", global ones among them"
    detail = f"{'records' if recording else 'is stopped; would record'} {resources}"
    if existing.channel(place) is None:
        detail += ", and has no delivery channel"
    yield Found(place.target, Kind.RECORDER, found["name"], detail)


def _channels(place: Place, _regions: _Regions) -> Iterator[Found]:
    found = existing.channel(place)
    if found:
        to = delivery(found["s3BucketName"], place, "config")
        yield Found(place.target, Kind.CHANNEL, found["name"], to)


def _detectors(place: Place, _regions: _Regions) -> Iterator[Found]:
    found = existing.detector(place)
    if not found:
        return
    status = place.ask("guardduty", "get_detector", DetectorId=found)["Status"]
    by = existing.administrator(place)
    detail = f"is {str(status).lower()}" + (f", a member of {by}" if by else "")
    yield Found(place.target, Kind.DETECTOR, found, detail)


def _trails(place: Place, regions: _Regions) -> Iterator[Found]:
    """Each trail where it is at home: in other regions and accounts it is seen as a shadow."""
    account, region = place.target.account_id, place.target.region
    for trail in existing.trails(place):
        arn = trail["TrailARN"]
        if arn.split(":")[3:5] != [region, account]:
            continue
        organization = trail.get("IsOrganizationTrail", False)
        everywhere = trail.get("IsMultiRegionTrail", False)
        logging = existing.is_logging(place, arn)
        whole = existing.logs_management_events(place, arn)
        detail = (
            f"{'logs' if logging else 'is stopped; would log'} "
            f"{'all' if whole else 'not all'} management events of "
            f"{'all regions' if everywhere else 'its region'}, "
            f"{delivery(trail['S3BucketName'], place, 'cloudtrail')}"
        )
        covers = regions[account] if everywhere else (region,)
        kind = Kind.ORGANIZATION_TRAIL if organization else Kind.TRAIL
        does = covers if logging and whole else ()
        yield Found(place.target, kind, trail["Name"], detail, does)


def _administrators(place: Place, _regions: _Regions) -> Iterator[Found]:
    """Only the main account is told."""
    if place.target.account_id != place.baseline.home.account_id:
        return
    named = administrator(place.session.client("guardduty", place.target.region))
    if named:
        detail = "administers GuardDuty for the organization"
        yield Found(place.target, Kind.ADMINISTRATOR, named, detail)


_QUESTIONS: tuple[_Question, ...] = (
    _recorders,
    _channels,
    _detectors,
    _trails,
    _administrators,
)
