"""GuardDuty's detectors, and what all its operations share."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from baseline.simulation.guardduty_state import (
    FREQUENCIES,
    INVITED_OR_ASSOCIATED,
    RUNTIME,
    Detector,
    default_features,
    features_of,
    plans_of,
)
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

WHY = "The request is rejected because "
_OUT_OF_RANGE = "an invalid or out-of-range value is specified as an input parameter."
_LISTED_A_CALL = 50
_PAGE = 50


class Detectors(Service):
    """One detector for each account and region."""

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.detectors: dict[tuple[str, str], Detector] = {}

    def create_detector(self, call: Call) -> Answer:
        """A detector; an account has one in each region."""
        at = moment(call)
        detector_id = secrets.token_hex(16)
        detector = Detector(
            id=detector_id,
            arn=f"arn:aws:guardduty:{call.region}:{call.account_id}:detector/{detector_id}",
            created_at=at,
            updated_at=at,
            enabled=call.parameters["Enable"],
            frequency="SIX_HOURS",
            tags=dict(call.parameters.get("Tags") or {}),
            features=default_features(call.time.timestamp(), call.region),
        )
        _configure(detector, call)
        here = (call.account_id, call.region)
        if self.detectors.setdefault(here, detector) is not detector:
            raise refused("a detector already exists for the current account.")
        return {"DetectorId": detector_id}

    def get_detector(self, call: Call) -> Answer:
        """All about the detector."""
        detector = self.own(call)
        return {
            "CreatedAt": detector.created_at,
            "UpdatedAt": detector.updated_at,
            "FindingPublishingFrequency": detector.frequency,
            "ServiceRole": f"arn:aws:iam::{call.account_id}:role/aws-service-role/"
            "guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
            "Status": "ENABLED" if detector.enabled else "DISABLED",
            "DataSources": detector.data_sources(),
            "Features": detector.described_features(),
            "Tags": detector.tags,
        }

    def list_detectors(self, call: Call) -> Answer:
        """The id of the detector here, or none."""
        detector = self.detectors.get((call.account_id, call.region))
        return {"DetectorIds": [detector.id] if detector else []}

    def update_detector(self, call: Call) -> Answer:
        """Switch the detector, its features, or how often it publishes."""
        detector = self.own(call)
        detector.enabled = call.parameters.get("Enable", detector.enabled)
        _configure(detector, call)
        detector.updated_at = moment(call)
        return {}

    def delete_detector(self, call: Call) -> Answer:
        """Remove the detector; an administrator's members have to be gone first."""
        detector = self.own(call)
        if any(m.status in INVITED_OR_ASSOCIATED for m in list(detector.members.values())):
            raise refused(
                "the current account cannot delete detector while it has invited or"
                " associated members."
            )
        if detector.administrator_id:
            raise refused("the current account is an associated member of another account.")
        del self.detectors[call.account_id, call.region]
        return {}

    def list_tags_for_resource(self, call: Call) -> Answer:
        """The detector's tags."""
        return {"Tags": self._tagged(call).tags}

    def tag_resource(self, call: Call) -> Answer:
        """Add tags to the detector."""
        self._tagged(call).tags.update(call.parameters["Tags"])
        return {}

    def untag_resource(self, call: Call) -> Answer:
        """Take tags off the detector."""
        for key in call.parameters["TagKeys"]:
            self._tagged(call).tags.pop(key, None)
        return {}

    def own(self, call: Call) -> Detector:
        """The caller's detector, if it is the one that is meant."""
        detector = self.detectors.get((call.account_id, call.region))
        if detector is None or detector.id != call.parameters["DetectorId"]:
            raise refused("the input detectorId is not owned by the current account.")
        return detector

    def _tagged(self, call: Call) -> Detector:
        detector = self.detectors.get((call.account_id, call.region))
        if detector is None or detector.arn != call.parameters["ResourceArn"]:
            raise refused("the input resource is not owned by the current account.")
        return detector


def refused(why: str) -> Refusal:
    """GuardDuty's one kind of refusal."""
    return Refusal("BadRequestException", WHY + why)


def moment(call: Call) -> str:
    """When the call came, as GuardDuty writes it."""
    return call.time.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def checked(listed: list[Any]) -> list[Any]:
    """At most fifty accounts, or findings, a call."""
    if not 1 <= len(listed) <= _LISTED_A_CALL:
        raise refused(_OUT_OF_RANGE)
    return listed


def each_account(call: Call, work: Callable[[str], str | None]) -> Answer:
    """Do ``work`` for every account id; the accounts it gives a reason for are unprocessed."""
    return unprocessed((a, work(a)) for a in checked(call.parameters["AccountIds"]))


def unprocessed(results: Iterable[tuple[str, str | None]]) -> Answer:
    """The answer that names what was not done, and why; its HTTP status is 200 all the same."""
    return {
        "UnprocessedAccounts": [
            {"AccountId": account_id, "Result": reason} for account_id, reason in results if reason
        ]
    }


def page(call: Call, name: str, found: list[Any]) -> Answer:
    """Up to ``MaxResults`` (50) of ``found`` from ``NextToken`` on."""
    size = int(call.parameters.get("MaxResults") or _PAGE)
    if size > _PAGE:
        raise refused(_OUT_OF_RANGE)
    start = int(call.parameters.get("NextToken") or 0)
    end = start + size
    more = {"NextToken": str(end)} if end < len(found) else {}
    return {name: found[start:end], **more}


def _configure(detector: Detector, call: Call) -> None:
    wanted = call.parameters.get("Features")
    sources = call.parameters.get("DataSources")
    frequency = call.parameters.get("FindingPublishingFrequency")
    if wanted and sources:
        raise Refusal(
            "BadRequestException",
            "The request failed because both data source and feature were provided. You can"
            " provide only one; it is recommended to use feature.",
        )
    if set(RUNTIME) <= {one["Name"] for one in wanted or ()}:
        raise refused("only one of EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can be given.")
    absent = {one["Name"] for one in wanted or ()} - plans_of(call.region)
    if absent:
        raise refused(f"the feature {min(absent)} is not available in this region.")
    if frequency and frequency not in FREQUENCIES:
        raise refused(_OUT_OF_RANGE)
    detector.frequency = frequency or detector.frequency
    detector.set_features(wanted or features_of(sources or {}), call.time.timestamp())
