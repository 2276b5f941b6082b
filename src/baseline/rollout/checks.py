"""What is asked of the services in each account and region. Each check stands alone.

What should be is not written here: it is what the templates say, for the place that is looked at.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from baseline.organization import Target
from baseline.rollout import existing
from baseline.rollout.adopted_checks import adopted_here
from baseline.rollout.analytics_checks import CHECKS as ANALYTICS_CHECKS
from baseline.rollout.catalogue import (
    AGGREGATOR,
    ANALYTICS,
    ORGANIZATION_TRAIL,
    ROLES,
    RULES,
    RUNNER,
    STORAGE,
    VPC,
    Baseline,
)
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.compliance_checks import AGGREGATOR_CHECKS, RULES_CHECK
from baseline.rollout.coverage import Check, Missing, Place, require, unlike
from baseline.rollout.delegation import NAME as GUARDDUTY
from baseline.rollout.guardduty_checks import DETECTOR, MEMBERSHIP, delegated
from baseline.rollout.network_checks import CHECKS as NETWORK_CHECKS
from baseline.rollout.protection import NAME as PROTECTION
from baseline.rollout.protection_checks import CHECKS as PROTECTION_CHECKS
from baseline.rollout.role_checks import (
    ADMINISTRATION_ROLE,
    AUDIT_ROLES,
    EXECUTION_ROLE,
    NETWORKS_POLICY,
)
from baseline.rollout.runner_checks import CHECKS as RUNNER_CHECKS
from baseline.rollout.service_managed import family
from baseline.rollout.storage_checks import CHECKS as STORAGE_CHECKS
from baseline.rollout.trail_checks import ACCOUNT_TRAIL, SEEN_TRAIL
from baseline.rollout.trail_checks import CHECKS as TRAIL_CHECKS

# How a recorder records where nothing else is said [AWS::Config::ConfigurationRecorder].
_CONTINUOUS = {"recordingFrequency": "CONTINUOUS"}


def checks(target: Target, baseline: Baseline, choice: Choice = EVERYTHING) -> Iterator[Check]:
    """What is to be asked in ``target`` about the chosen stacks and StackSets."""
    has = {family(s.name) for s in baseline.stack_sets if target in s.targets}
    has |= {s.name for s in baseline.stacks if target == s.part.target}
    has = {name for name in has if choice.named(name)}
    if ROLES in has and target == baseline.home:
        yield ADMINISTRATION_ROLE
    if ROLES in has and baseline.stack_set(VPC).targets:
        yield NETWORKS_POLICY
    adopted = _adopted(target, baseline)
    if "auditing" in has:
        trail = (SEEN_TRAIL,) if baseline.has_one_trail else ACCOUNT_TRAIL
        yield from (check for check in trail if check not in adopted)
    for name, asked in _CHECKS.items():
        if name in has:
            yield from (check for check in asked if check not in adopted)
            yield from adopted_here(name, target, baseline)
    if choice.named(GUARDDUTY):
        yield from delegated(target, baseline)


def _adopted(target: Target, baseline: Baseline) -> set[Check]:
    """The checks of what is not the baseline's in ``target``."""
    kept = baseline.adopted
    return {
        *(_CONFIG if target in kept.recorders else ()),
        *(ACCOUNT_TRAIL if target in kept.trails else ()),
        *((DETECTOR,) if target in kept.detectors else ()),
    }


def _recorder(place: Place) -> Any:
    found = existing.recorder(place)
    if found is None:
        raise Missing("no recorder")
    return found


def _recording(place: Place) -> str:
    name = _recorder(place)["name"]
    status = existing.recorder_status(place, name)
    if not status.get("recording"):
        raise Missing(
            f"the recorder {name} is stopped",
            "Start it: aws configservice start-configuration-recorder "
            f"--configuration-recorder-name {name}",
        )
    if str(status.get("lastStatus", "")).upper() == "FAILURE":
        cause = status.get("lastErrorMessage") or status.get("lastErrorCode") or "no cause given"
        raise Missing(f"recording fails: {cause}", "Check the recorder's role and the bucket.")
    return "recording"


def _recorded(place: Place) -> str:
    found, wanted = _recorder(place), place.intended("auditing", "ConfigurationRecorder")
    group = wanted["RecordingGroup"]
    told = {"recordingMode": _CONTINUOUS, **found, **found.get("recordingGroup", {})}
    intended = {
        "name": wanted["Name"],
        "roleARN": wanted["RoleARN"],
        "allSupported": group["AllSupported"],
        "includeGlobalResourceTypes": group["IncludeGlobalResourceTypes"],
        "recordingMode": _CONTINUOUS,
    }
    require(unlike(told, intended))
    return "all resources" if group["IncludeGlobalResourceTypes"] else "all but global resources"


def _channel(place: Place) -> str:
    wanted = place.intended("auditing", "DeliveryChannel")
    found = existing.channel(place)
    if found is None:
        raise Missing("no delivery channel")
    frequency = wanted["ConfigSnapshotDeliveryProperties"]["DeliveryFrequency"]
    intended = {
        "name": wanted["Name"],
        "s3BucketName": wanted["S3BucketName"],
        "s3KeyPrefix": wanted.get("S3KeyPrefix"),
        "s3KmsKeyArn": wanted.get("S3KmsKeyArn"),
        "configSnapshotDeliveryProperties": {"deliveryFrequency": frequency},
    }
    require(unlike(found, intended))
    return str(wanted["S3BucketName"])


_CONFIG = (
    Check("config", "recorder", _recording),
    Check("config", "recorded", _recorded),
    Check("config", "channel", _channel),
)
_CHECKS: Mapping[str, tuple[Check, ...]] = {
    ROLES: (EXECUTION_ROLE,),
    "audit-roles": AUDIT_ROLES,
    "guardduty-main": (DETECTOR,),
    "guardduty-member": (DETECTOR, *MEMBERSHIP),
    "auditing": _CONFIG,
    RULES: (RULES_CHECK,),
    STORAGE: STORAGE_CHECKS,
    ANALYTICS: ANALYTICS_CHECKS,
    AGGREGATOR: AGGREGATOR_CHECKS,
    RUNNER: RUNNER_CHECKS,
    VPC: NETWORK_CHECKS,
    ORGANIZATION_TRAIL: TRAIL_CHECKS,
    PROTECTION: PROTECTION_CHECKS,
}
