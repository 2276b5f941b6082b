"""What is asked of trails: where they deliver to, what they record, and whether they do."""

from collections.abc import Callable

from baseline.rollout.catalogue import ORGANIZATION_TRAIL
from baseline.rollout.coverage import Check, Look, Missing, Place, require, unlike
from baseline.rollout.intended import Properties
from baseline.rollout.storage_checks import key

_NO_TRAIL = ("TrailNotFoundException",)
_LookAtTrail = Callable[[Place, Properties], str]


def _trail(place: Place, wanted: Properties) -> str:
    answer = place.ask("cloudtrail", "get_trail", _NO_TRAIL, Name=wanted["TrailName"])
    if answer is None:
        raise Missing(f"no trail {wanted['TrailName']}")
    told = answer["Trail"]
    # The template names the key by its alias; told is the alias, or the ARN of the key it names.
    if told.get("KmsKeyId") == wanted["KMSKeyId"]:
        told = {**told, "KmsKeyId": key(place)["Arn"]}
    intended = {
        "S3BucketName": wanted["S3BucketName"],
        "S3KeyPrefix": wanted.get("S3KeyPrefix"),
        "IsMultiRegionTrail": wanted["IsMultiRegionTrail"],
        "IsOrganizationTrail": wanted.get("IsOrganizationTrail", False),
        "IncludeGlobalServiceEvents": wanted["IncludeGlobalServiceEvents"],
        "LogFileValidationEnabled": wanted["EnableLogFileValidation"],
        "CloudWatchLogsLogGroupArn": wanted["CloudWatchLogsLogGroupArn"],
        "CloudWatchLogsRoleArn": wanted["CloudWatchLogsRoleArn"],
        "KmsKeyId": key(place)["Arn"],
    }
    require(unlike(told, intended))
    return "to the bucket and the log group, with validation"


def _management_events(place: Place, wanted: Properties) -> str:
    """The template leaves the selectors as CreateTrail makes them: all management events."""
    name = wanted["TrailName"]
    answer = place.ask("cloudtrail", "get_event_selectors", _NO_TRAIL, TrailName=name)
    if answer is None:
        raise Missing(f"no trail {name}")
    for selector in answer.get("EventSelectors", ()):
        all_of_them = selector.get("IncludeManagementEvents") and not selector.get(
            "ExcludeManagementEventSources"
        )
        if all_of_them and selector.get("ReadWriteType") == "All":
            return "read and write"
    raise Missing("the trail's event selectors leave management events out")


def _logging(place: Place, wanted: Properties) -> str:
    name = wanted["TrailName"]
    status = place.ask("cloudtrail", "get_trail_status", _NO_TRAIL, Name=name)
    if status is None:
        raise Missing(f"no trail {name}")
    if not status.get("IsLogging"):
        raise Missing(
            "the trail is stopped", f"Start it: aws cloudtrail start-logging --name {name}"
        )
    for error in ("LatestDeliveryError", "LatestCloudWatchLogsDeliveryError"):
        if status.get(error):
            raise Missing(
                f"delivery fails: {status[error]}", "Check the bucket's and key's policy."
            )
    return "logging"


def _seen(place: Place) -> str:
    """Every account sees the organization's trail in every region, and where it delivers to."""
    wanted = place.home.intended(ORGANIZATION_TRAIL, "Trail")
    home, name = place.home.target, str(wanted["TrailName"])
    where = f"{home.region}:{home.account_id}"
    arn = f"arn:{place.session.partition}:cloudtrail:{where}:trail/{name}"
    answer = place.ask("cloudtrail", "describe_trails", includeShadowTrails=True)
    found = {trail["TrailARN"]: trail for trail in answer["trailList"]}
    if arn not in found:
        raise Missing(f"no trail {arn}", "See what it says in the main account, and wait.")
    names = ("IsOrganizationTrail", "IsMultiRegionTrail", "S3BucketName")
    require(unlike(found[arn], {name: wanted[name] for name in names}))
    return name


def log_group(place: Place, wanted: Properties) -> str:
    """Whether a log group is there, and keeps what it gets for as long as is wanted."""
    name = wanted["LogGroupName"]
    found = place.ask("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    for group in found:
        if group["logGroupName"] == name:
            days = wanted["RetentionInDays"]
            require(unlike(group, {"retentionInDays": days}), by_hand=_put_back(place, name, days))
            return f"{name}, {days} days"
    raise Missing(f"no log group {name}")


def _put_back(place: Place, name: str, days: int) -> str:
    """Made anew, the group would lose its events."""
    return (
        f"Put it back by hand: aws logs put-retention-policy --log-group-name {name} "
        f"--retention-in-days {days} --region {place.target.region}"
    )


def _of(stack: str, group: str) -> tuple[Check, ...]:
    """What is asked of the trail of a stack, and of its log group ``group``."""

    def look(resource: str, ask: _LookAtTrail) -> Look:
        return lambda place: ask(place, place.intended(stack, resource))

    return (
        Check("cloudtrail", "trail", look("Trail", _trail)),
        Check("cloudtrail", "management events", look("Trail", _management_events)),
        Check("cloudtrail", "logging", look("Trail", _logging)),
        Check("logs", "log group", look(group, log_group)),
    )


ACCOUNT_TRAIL = _of("auditing", "CloudTrailLogGroup")
CHECKS = _of(ORGANIZATION_TRAIL, "LogGroup")
SEEN_TRAIL = Check("cloudtrail", "organization's trail", _seen)
