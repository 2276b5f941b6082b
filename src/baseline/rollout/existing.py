"""What an account has in a region, as its services tell: asked by whoever foresees and proves."""

from typing import Any

from baseline.rollout.coverage import Place

# Recorders that other AWS services keep beside it [PutServiceLinkedConfigurationRecorder].
_SERVICE_LINKED = "AWSConfigurationRecorderFor"


def recorder(place: Place) -> Any:
    """The one recorder that there is room for; None where there is none."""
    found = place.ask("config", "describe_configuration_recorders")["ConfigurationRecorders"]
    return next((r for r in found if not r["name"].startswith(_SERVICE_LINKED)), None)


def recorder_status(place: Place, name: str) -> Any:
    """How the recorder ``name`` does; empty where nothing is said of it."""
    found = place.ask("config", "describe_configuration_recorder_status")
    statuses = {status["name"]: status for status in found["ConfigurationRecordersStatus"]}
    return statuses.get(name, {})


def channel(place: Place) -> Any:
    """The one delivery channel that there is room for; None where there is none."""
    found = place.ask("config", "describe_delivery_channels")["DeliveryChannels"]
    return next(iter(found), None)


def detector(place: Place) -> str:
    """The id of the one detector that there is room for; empty where there is none."""
    return str(next(iter(place.ask("guardduty", "list_detectors")["DetectorIds"]), ""))


def administrator(place: Place) -> str:
    """The account whose member it is in GuardDuty; empty where it is nobody's."""
    found = detector(place)
    answer = found and place.ask("guardduty", "get_administrator_account", DetectorId=found)
    return str((answer or {}).get("Administrator", {}).get("AccountId", ""))


def trails(place: Place) -> list[Any]:
    """The trails of the region, and those of other regions and the organization that cover it."""
    found = place.ask("cloudtrail", "describe_trails", includeShadowTrails=True)["trailList"]
    return list(found)


def is_logging(place: Place, arn: str) -> bool:
    """Whether a trail records now."""
    return bool(place.ask("cloudtrail", "get_trail_status", Name=arn).get("IsLogging"))


def logs_management_events(place: Place, arn: str) -> bool:
    """Whether a trail records all management events, those that read and those that write."""
    answer = place.ask("cloudtrail", "get_event_selectors", TrailName=arn)
    for selector in answer.get("EventSelectors") or ():
        all_of_them = not selector.get("ExcludeManagementEventSources")
        if selector.get("IncludeManagementEvents") and all_of_them:
            return bool(selector.get("ReadWriteType") == "All")
    return any(
        fields == [{"Field": "eventCategory", "Equals": ["Management"]}]
        for fields in (s["FieldSelectors"] for s in answer.get("AdvancedEventSelectors") or ())
    )
