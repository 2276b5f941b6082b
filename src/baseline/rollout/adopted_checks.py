"""Whether the recorder, trail or detector that an account keeps of its own does its work.

They are the account's, so what is not as it should be is for its owner to mend.
"""

from collections.abc import Iterator
from typing import Any

from baseline.organization import Target
from baseline.rollout import existing
from baseline.rollout.adoption import AUDITING, MAIN, MEMBERS
from baseline.rollout.catalogue import Baseline
from baseline.rollout.coverage import Check, Missing, Place

_OWNER = "It is adopted: have its owner change it, or take it out of adopt in baseline.yaml."


def _recorder(place: Place) -> Any:
    found = existing.recorder(place)
    if found is None:
        raise Missing("there is no recorder to adopt", _OWNER)
    return found


def _recording(place: Place) -> str:
    name = _recorder(place)["name"]
    if not existing.recorder_status(place, name).get("recording"):
        raise Missing(f"the adopted recorder {name} is stopped", _OWNER)
    return f"adopted: {name} is recording"


def _recorded(place: Place) -> str:
    found = _recorder(place)
    name, group = found["name"], found.get("recordingGroup", {})
    if not group.get("allSupported"):
        raise Missing(f"the adopted recorder {name} leaves resources out", _OWNER)
    everywhere = group.get("includeGlobalResourceTypes")
    if not everywhere and place.target.region == place.parameters(AUDITING)["GlobalConfigRegion"]:
        raise Missing(
            f"the adopted recorder {name} leaves global resources out, which are recorded in this "
            "region alone",
            f"{_OWNER} Or choose another config.global_region.",
        )
    return f"adopted: {name} records all resources"


def _channel(place: Place) -> str:
    found = existing.channel(place)
    if found is None:
        raise Missing("there is no delivery channel to adopt", _OWNER)
    return f"adopted: {delivery(found['s3BucketName'], place, 'config')}"


def _trail(place: Place) -> str:
    for trail in existing.trails(place):
        arn = trail["TrailARN"]
        if existing.is_logging(place, arn) and existing.logs_management_events(place, arn):
            bucket = delivery(trail["S3BucketName"], place, "cloudtrail")
            return f"adopted: {trail['Name']} logs all management events and {bucket}"
    raise Missing("no trail that is there logs all management events", _OWNER)


def delivery(bucket: str, place: Place, purpose: str) -> str:
    """Where something delivers to, in words."""
    central = bucket == place.baseline.bucket(purpose)
    return f"delivers to {bucket}" + ("" if central else ", which is not the central bucket")


def _detector(place: Place) -> str:
    wanted = place.baseline.adopted.detectors[place.target]
    if wanted not in place.ask("guardduty", "list_detectors")["DetectorIds"]:
        raise Missing(f"there is no detector {wanted} to adopt", _OWNER)
    found = place.ask("guardduty", "get_detector", DetectorId=wanted)
    if found["Status"] != "ENABLED":
        raise Missing(f"the adopted detector {wanted} is {found['Status']}", _OWNER)
    return f"adopted: {wanted} is enabled"


_DETECTOR = Check("guardduty", "detector", _detector)
_CONFIG = (
    Check("config", "recorder", _recording),
    Check("config", "recorded", _recorded),
    Check("config", "channel", _channel),
)
_TRAIL = Check("cloudtrail", "trail", _trail)


def adopted_here(name: str, target: Target, baseline: Baseline) -> Iterator[Check]:
    """What is asked for the StackSet ``name`` of what ``target`` keeps of its own."""
    kept = baseline.adopted
    if name == AUDITING and target in kept.recorders:
        yield from _CONFIG
    if name == AUDITING and target in kept.trails:
        yield _TRAIL
    if name in (MAIN, MEMBERS) and target in kept.detectors:
        yield _DETECTOR
