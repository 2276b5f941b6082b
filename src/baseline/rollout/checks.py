"""What is asked of the services in each account and region. Each check stands alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from baseline.organization import Target
from baseline.rollout.catalogue import STORAGE, Baseline
from baseline.rollout.coverage import Check, Look, Missing, Place
from baseline.rollout.plan import EVERYTHING, Choice

# Recorders that other AWS services keep beside ours [PutServiceLinkedConfigurationRecorder].
_SERVICE_LINKED = "AWSConfigurationRecorderFor"
_BUCKETS = ("cloudtrail", "config", "flowlogs", "query-results")
_NO_BUCKET = ("NoSuchBucket", "404")


def checks(target: Target, baseline: Baseline, choice: Choice = EVERYTHING) -> Iterator[Check]:
    """What is to be asked in ``target`` about the chosen stacks and StackSets."""
    has = {s.name for s in baseline.stack_sets if target in s.targets and choice.named(s.name)}
    if "audit-roles" in has:
        yield from _ROLES
    if has & {"guardduty-main", "guardduty-member"}:
        yield _DETECTOR
    if "guardduty-member" in has:
        yield from (_ADMINISTRATOR, _MEMBER)
    if "auditing" in has:
        yield from (*_CONFIG, *_CLOUDTRAIL)
    if target == baseline.home and choice.named(STORAGE):
        yield from _STORAGE


def _detector_id(place: Place) -> str:
    found = place.ask("guardduty", "list_detectors")["DetectorIds"]
    if not found:
        raise Missing("no detector")
    return str(found[0])


def _detector(place: Place, _main: Place) -> str:
    status = place.ask("guardduty", "get_detector", DetectorId=_detector_id(place))["Status"]
    if status != "ENABLED":
        raise Missing(f"the detector is {status}")
    return "enabled"


def _administrator(place: Place, main: Place) -> str:
    answer = place.ask("guardduty", "get_administrator_account", DetectorId=_detector_id(place))
    found = answer.get("Administrator") or {}
    if found.get("AccountId") != main.target.account_id:
        raise Missing(f"the administrator is {found.get('AccountId') or 'nobody'}")
    return _enabled(found)


def _member(place: Place, main: Place) -> str:
    members = main.ask("guardduty", "list_members", DetectorId=_detector_id(main))["Members"]
    for found in members:
        if found["AccountId"] == place.target.account_id:
            return _enabled(found)
    raise Missing("the main account has not got it as a member")


def _enabled(relationship: Any) -> str:
    status = str(relationship.get("RelationshipStatus", ""))
    if status.lower() != "enabled":
        raise Missing(f"the relationship is {status or 'not there'}")
    return "enabled"


def _recorder(place: Place) -> Any:
    found = place.ask("config", "describe_configuration_recorders")["ConfigurationRecorders"]
    own = [r for r in found if not r["name"].startswith(_SERVICE_LINKED)]
    if not own:
        raise Missing("no recorder")
    return own[0]


def _recording(place: Place, _main: Place) -> str:
    name = _recorder(place)["name"]
    found = place.ask("config", "describe_configuration_recorder_status")
    statuses = {s["name"]: s for s in found["ConfigurationRecordersStatus"]}
    status: dict[str, Any] = statuses.get(name, {})
    if not status.get("recording"):
        raise Missing(
            f"the recorder {name} is stopped",
            "Start it: aws configservice start-configuration-recorder, or deploy again.",
        )
    if str(status.get("lastStatus", "")).upper() == "FAILURE":
        cause = status.get("lastErrorMessage") or status.get("lastErrorCode") or "no cause given"
        raise Missing(f"recording fails: {cause}", "Check the recorder's role and the bucket.")
    return "recording"


def _channel(place: Place, _main: Place) -> str:
    channels = place.ask("config", "describe_delivery_channels")["DeliveryChannels"]
    if not channels:
        raise Missing("no delivery channel")
    return _same("the bucket", channels[0].get("s3BucketName"), place.baseline.bucket("config"))


def _global_types(place: Place, _main: Place) -> str:
    group = _recorder(place).get("recordingGroup", {})
    parameters = place.baseline.stack_set("auditing").parameters
    wanted = place.target.region == parameters["GlobalConfigRegion"]
    found = bool(group.get("includeGlobalResourceTypes"))
    if not group.get("allSupported"):
        raise Missing("not all resource types are recorded")
    if found != wanted:
        raise Missing("global resources are " + ("recorded here too" if found else "not recorded"))
    return "recorded here" if wanted else f"recorded in {parameters['GlobalConfigRegion']}"


def _trail(place: Place, _main: Place) -> str:
    prefix = place.baseline.prefix
    answer = place.ask("cloudtrail", "get_trail", ("TrailNotFoundException",), Name=prefix)
    if answer is None:
        raise Missing(f"no trail {prefix}")
    trail = answer["Trail"]
    _same("the bucket", trail.get("S3BucketName"), place.baseline.bucket("cloudtrail"))
    if not trail.get("LogFileValidationEnabled"):
        raise Missing("log file validation is off")
    if not trail.get("KmsKeyId"):
        raise Missing("the trail is not encrypted with the key")
    if f":log-group:/{prefix}/cloudtrail" not in trail.get("CloudWatchLogsLogGroupArn", ""):
        raise Missing("the trail does not write to its log group")
    return "to the bucket and the log group, with validation"


def _logging(place: Place, _main: Place) -> str:
    prefix = place.baseline.prefix
    status = place.ask("cloudtrail", "get_trail_status", ("TrailNotFoundException",), Name=prefix)
    if status is None:
        raise Missing(f"no trail {prefix}")
    if not status.get("IsLogging"):
        raise Missing(
            "the trail is stopped", f"Start it: aws cloudtrail start-logging --name {prefix}"
        )
    for key in ("LatestDeliveryError", "LatestCloudWatchLogsDeliveryError"):
        if status.get(key):
            raise Missing(f"delivery fails: {status[key]}", "Check the bucket's and key's policy.")
    return "logging"


def _log_group(place: Place, _main: Place) -> str:
    name = f"/{place.baseline.prefix}/cloudtrail"
    found = place.ask("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    for group in found:
        if group["logGroupName"] == name:
            return f"{group.get('retentionInDays', 'unlimited')} days"
    raise Missing(f"no log group {name}")


def _role(name: str, place: Place) -> str:
    answer = place.ask("iam", "get_role", ("NoSuchEntity",), RoleName=name)
    if answer is None:
        raise Missing(f"no role {name}")
    return name


def _audit_role(place: Place, _main: Place) -> str:
    return f"assumed as {place.session.arn}"


def _service_roles(place: Place, _main: Place) -> str:
    prefix = place.baseline.prefix
    return ", ".join(
        _role(f"{prefix}-{purpose}", place) for purpose in ("config-recorder", "cloudtrail-logs")
    )


def _encryption(purpose: str, place: Place) -> str:
    absent = ("ServerSideEncryptionConfigurationNotFoundError", *_NO_BUCKET)
    answer = _bucket(place, purpose, "get_bucket_encryption", absent)
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
    found = rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
    return _same("encryption", found, "aws:kms")


def _versioning(purpose: str, place: Place) -> str:
    found = _bucket(place, purpose, "get_bucket_versioning", _NO_BUCKET).get("Status")
    return _same("versioning", found, "Enabled")


def _public_access(purpose: str, place: Place) -> str:
    absent = ("NoSuchPublicAccessBlockConfiguration", *_NO_BUCKET)
    answer = _bucket(place, purpose, "get_public_access_block", absent)
    if not all(answer["PublicAccessBlockConfiguration"].values()):
        raise Missing("public access is not blocked in every way")
    return "blocked"


def _policy(purpose: str, place: Place) -> str:
    absent = ("NoSuchBucketPolicy", *_NO_BUCKET)
    policy = json.loads(_bucket(place, purpose, "get_bucket_policy", absent)["Policy"])
    sids = {statement.get("Sid") for statement in policy["Statement"]}
    if "OnlyEncryptedTransport" not in sids:
        raise Missing("the policy does not refuse unencrypted transport")
    return f"{len(sids)} statements"


def _bucket(place: Place, purpose: str, operation: str, absent: tuple[str, ...]) -> Any:
    name = place.baseline.bucket(purpose)
    answer = place.ask("s3", operation, absent, Bucket=name)
    if answer is None:
        raise Missing(f"{name} has none, or is not there")
    return answer


def _of_bucket(purpose: str, look: Callable[[str, Place], str]) -> Look:
    return lambda place, _main: look(purpose, place)


def _same(what: str, found: Any, wanted: str) -> str:
    if found != wanted:
        raise Missing(f"{what} is {found or 'not set'}, not {wanted}")
    return wanted


_DETECTOR = Check("guardduty", "detector", _detector)
_ADMINISTRATOR = Check("guardduty", "administrator", _administrator)
_MEMBER = Check("guardduty", "member", _member)
_CONFIG = (
    Check("config", "recorder", _recording),
    Check("config", "channel", _channel),
    Check("config", "global types", _global_types),
)
_CLOUDTRAIL = (
    Check("cloudtrail", "trail", _trail),
    Check("cloudtrail", "logging", _logging),
    Check("logs", "log group", _log_group),
)
_ROLES = (
    Check("iam", "audit role", _audit_role),
    Check("iam", "service roles", _service_roles),
)
_STORAGE = tuple(
    Check("s3", f"{purpose} {what}", _of_bucket(purpose, look))
    for purpose in _BUCKETS
    for what, look in (
        ("encryption", _encryption),
        ("versioning", _versioning),
        ("public access", _public_access),
        ("policy", _policy),
    )
)
