"""What is asked of GuardDuty: the detector, and how an account and its administrator stand.

Half states have causes that CloudFormation does not see: it is content once an invitation was
accepted. Each is named, with what mends it [GuardDuty API: Member, RelationshipStatus].
"""

from collections.abc import Iterator, Mapping
from typing import Any

from baseline.organization import Target
from baseline.rollout import inviting
from baseline.rollout.catalogue import MEMBERS, Baseline
from baseline.rollout.coverage import Check, Missing, Place, require, unlike

_ENABLED = "enabled"


def _detector_id(place: Place) -> str:
    found = place.ask("guardduty", "list_detectors")["DetectorIds"]
    if not found:
        raise Missing("no detector")
    return str(found[0])


def _told(place: Place) -> Any:
    return place.ask("guardduty", "get_detector", DetectorId=_detector_id(place))


def _detector(place: Place) -> str:
    main = place.target.account_id == place.baseline.home.account_id
    wanted = place.intended(inviting.FIRST if main else MEMBERS, "Detector")
    frequency = wanted["FindingPublishingFrequency"]
    require(unlike(_told(place), {"Status": "ENABLED", "FindingPublishingFrequency": frequency}))
    return _ENABLED


def _switched_on(place: Place) -> str:
    """A detector that GuardDuty made; how often it tells, its administrator says."""
    found = _told(place)
    if found["Status"] != "ENABLED":
        raise Missing(
            "the detector is suspended",
            f"In that account and region: aws guardduty update-detector --enable --detector-id "
            f"{_detector_id(place)}",
        )
    return _ENABLED


def _administrator(place: Place) -> str:
    answer = place.ask("guardduty", "get_administrator_account", DetectorId=_detector_id(place))
    found = answer.get("Administrator") or {}
    named, wanted = found.get("AccountId"), place.guard.target.account_id
    if named and named != wanted:
        raise Missing(
            f"is a member of another administrator, {named}, and can have one only",
            "Let it leave that one, in its account and region: aws guardduty "
            "disassociate-from-administrator-account --detector-id "
            f"{_detector_id(place)}; then verify again.",
        )
    if not named:
        raise Missing(*_half(place))
    return _standing(found, place)


def _member(place: Place) -> str:
    found = _relation(place)
    if not found:
        raise Missing(f"{place.guard.target.account_id} has not got it as a member", _again(place))
    return _standing(found, place)


def _relation(place: Place) -> Mapping[str, Any]:
    """How the administrator sees the account; empty when it does not know it."""
    guard = place.guard
    found = guard.ask(
        "guardduty", "list_members", DetectorId=_detector_id(guard), OnlyAssociated="false"
    )
    return next((m for m in found["Members"] if m["AccountId"] == place.target.account_id), {})


def _standing(relation: Mapping[str, Any], place: Place) -> str:
    status = str(relation.get("RelationshipStatus", ""))
    if status.lower() != _ENABLED:
        raise Missing(*_half(place, status))
    return _ENABLED


def _half(place: Place, status: str = "") -> tuple[str, str]:
    """What a state that is no membership comes from, and what mends it."""
    relation = _relation(place)
    status = status or str(relation.get("RelationshipStatus", ""))
    unknown = (f"the relationship is {status or 'none'}", "")
    cause, remedy = _HALF.get(status.lower(), unknown)
    words = {
        "email": relation.get("Email", "its e-mail"),
        "account": place.target.account_id,
        "administrator": place.guard.target.account_id,
        "detector": _detector_id(place.guard),
        "region": place.target.region,
    }
    return cause.format(**words), remedy.format(**words) or _again(place)


def _again(place: Place) -> str:
    """How an account becomes a member; of an invited one, the plan and its stack say it."""
    return "Run: baseline rollout deploy" if place.baseline.delegation else ""


_STOPPED = (
    "In {administrator}: aws guardduty start-monitoring-members --region {region} "
    "--detector-id {detector} --account-ids {account}"
)
# By relation, in small letters: the cause, and a remedy where becoming a member anew is not it.
_HALF = {
    "emailverificationfailed": (
        "EmailVerificationFailed: {email} is not the e-mail of the account's root user",
        "",
    ),
    "emailverificationinprogress": (
        "its e-mail is being verified, which goes through us-east-1",
        "Verify again in a few minutes.",
    ),
    "created": ("was made a member of {administrator} and never invited", ""),
    "invited": ("was invited by {administrator} and never accepted", ""),
    "resigned": ("has resigned: it left {administrator} by itself", ""),
    "removed": ("was removed by {administrator}", ""),
    "disabled": ("is disabled: {administrator} has stopped monitoring it", _STOPPED),
}


def _plans(place: Place) -> str:
    """The protection plans that are wanted, of those that the region has."""
    wanted = place.baseline.delegation
    plans = wanted.plans if wanted else ()
    found = {f["Name"]: f["Status"] for f in _told(place)["Features"]}
    off = [plan for plan in plans if found.get(plan, "ENABLED") != "ENABLED"]
    if off:
        raise Missing(
            f"{', '.join(off)} is off",
            "GuardDuty switches it on within a day; then: baseline rollout deploy",
        )
    return ", ".join(plan for plan in plans if plan in found) or "the foundation"


DETECTOR = Check("guardduty", "detector", _detector)
MEMBERSHIP = (
    Check("guardduty", "administrator", _administrator),
    Check("guardduty", "member", _member),
)
_SWITCHED_ON = Check("guardduty", "detector", _switched_on)
_PLANS = Check("guardduty", "protection plans", _plans)


def delegated(target: Target, baseline: Baseline) -> Iterator[Check]:
    """What is asked where an administrator is delegated: of itself, and of its members."""
    wanted = baseline.delegation
    if wanted is None or target.region not in wanted.accounts:
        return
    everybody = wanted.auto_enable == "ALL"
    if target.account_id == wanted.administrator:
        own = (_SWITCHED_ON,) if target.account_id != wanted.main else ()
        yield from (*own, _PLANS)
    elif target.account_id in wanted.accounts[target.region]:
        own = (_SWITCHED_ON,) if target.account_id != wanted.main else ()
        yield from (*own, *MEMBERSHIP, *((_PLANS,) if everybody else ()))
