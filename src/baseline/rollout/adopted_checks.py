"""Whether the recorder, trail or detector that an account keeps of its own does its work.

They are the account's, so what is not as it should be is for its owner to mend.
"""

from collections.abc import Iterator
from typing import Any

from baseline.organization import Target
from baseline.rollout.adoption import AUDITING, MAIN, MEMBERS
from baseline.rollout.catalogue import Baseline
from baseline.rollout.coverage import Check, Missing, Place

_SERVICE_LINKED = "AWSConfigurationRecorderFor"
_OWNER = "It is adopted: have its owner change it, or take it out of adopt in baseline.yaml."


def _recorder(place: Place) -> Any:
    found = place.ask("config", "describe_configuration_recorders")["ConfigurationRecorders"]
    own = [r for r in found if not r["name"].startswith(_SERVICE_LINKED)]
    if not own:
        raise Missing("there is no recorder to adopt", _OWNER)
    return own[0]


def _recording(place: Place) -> str:
    name = _recorder(place)["name"]
    found = place.ask("config", "describe_configuration_recorder_status")
    recording = {s["name"]: s.get("recording") for s in found["ConfigurationRecordersStatus"]}
    if not recording.get(name):
        raise Missing(f"the adopted recorder {name} is stopped", _OWNER)
    return f"adopted: {name} is recording"


def _recorded(place: Place) -> str:
    found = _recorder(place)
    if not found.get("recordingGroup", {}).get("allSupported"):
        raise Missing(f"the adopted recorder {found['name']} leaves resources out", _OWNER)
    return f"adopted: {found['name']} records all resources"


def _channel(place: Place) -> str:
    channels = place.ask("config", "describe_delivery_channels")["DeliveryChannels"]
    if not channels:
        raise Missing("there is no delivery channel to adopt", _OWNER)
    return f"adopted: {_delivery(channels[0]['s3BucketName'], place, 'config')}"


def _trails(place: Place) -> Iterator[Any]:
    """The trails that log events of this account and region, also those of other regions."""
    for trail in place.ask("cloudtrail", "describe_trails", includeShadowTrails=True)["trailList"]:
        status = place.ask("cloudtrail", "get_trail_status", Name=trail["TrailARN"])
        if status.get("IsLogging"):
            yield trail


def _trail(place: Place) -> str:
    for trail in _trails(place):
        if _logs_management_events(place, trail["TrailARN"]):
            bucket = _delivery(trail["S3BucketName"], place, "cloudtrail")
            return f"adopted: {trail['Name']} logs all management events and {bucket}"
    raise Missing("no trail that is there logs all management events", _OWNER)


def _logs_management_events(place: Place, arn: str) -> bool:
    answer = place.ask("cloudtrail", "get_event_selectors", TrailName=arn)
    for selector in answer.get("EventSelectors") or ():
        all_of_them = not selector.get("ExcludeManagementEventSources")
        if selector.get("IncludeManagementEvents") and all_of_them:
            return bool(selector.get("ReadWriteType") == "All")
    return any(
        fields == [{"Field": "eventCategory", "Equals": ["Management"]}]
        for fields in (s["FieldSelectors"] for s in answer.get("AdvancedEventSelectors") or ())
    )


def _delivery(bucket: str, place: Place, purpose: str) -> str:
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
