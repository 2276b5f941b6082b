"""CloudTrail trails."""

from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    removed_tags,
)

# What CloudFormation calls otherwise than the API.
_SAME = ("S3BucketName", "S3KeyPrefix", "SnsTopicName", "IncludeGlobalServiceEvents",
         "IsMultiRegionTrail", "IsOrganizationTrail", "CloudWatchLogsLogGroupArn",
         "CloudWatchLogsRoleArn")  # fmt: skip
_SHOWN = ("S3BucketName", "S3KeyPrefix", "IncludeGlobalServiceEvents", "IsMultiRegionTrail",
          "IsOrganizationTrail", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")  # fmt: skip
_RENAMED = {"EnableLogFileValidation": "EnableLogFileValidation", "KMSKeyId": "KmsKeyId"}


class Trail(Provider):
    """A trail; IsLogging says whether it records."""

    type: ClassVar[str] = "AWS::CloudTrail::Trail"
    service: ClassVar[str] = "cloudtrail"
    after: ClassVar[frozenset[str]] = frozenset(("AWS::S3::BucketPolicy",))

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the trail."""
        name = properties.get("TrailName") or place.name(128)
        parameters = _parameters(properties)
        if properties.get("Tags"):
            parameters["TagsList"] = properties["Tags"]
        return _made(name, self.client(place).create_trail(Name=name, **parameters))

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Choose its events and start it."""
        _configure(self.client(place), made.attributes["Arn"], {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change the trail, its events, its tags and whether it records."""
        client = self.client(place)
        trail = client.update_trail(Name=made.id, **_parameters(after))
        arn = made.attributes["Arn"]
        _configure(client, arn, before, after)
        tags = {tag["Key"]: tag for tag in before.get("Tags") or ()}
        if removed_tags(before, after):
            gone = [tags[key] for key in removed_tags(before, after)]
            client.remove_tags(ResourceId=arn, TagsList=gone)
        if after.get("Tags") and after["Tags"] != before.get("Tags"):
            client.add_tags(ResourceId=arn, TagsList=after["Tags"])
        return _made(made.id, trail)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the trail; its log files stay."""
        del properties
        self.client(place).delete_trail(Name=made.attributes["Arn"])

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Whether and what it records, and where it delivers to."""
        del properties
        client, arn = self.client(place), made.attributes["Arn"]
        trail = client.get_trail(Name=arn)["Trail"]
        return {
            **{name: trail.get(name) for name in _SHOWN},
            "KMSKeyId": trail.get("KmsKeyId"),
            "EnableLogFileValidation": trail.get("LogFileValidationEnabled"),
            "IsLogging": client.get_trail_status(Name=arn)["IsLogging"],
        }


def _parameters(properties: Properties) -> dict[str, Any]:
    renamed = {theirs: properties[ours] for ours, theirs in _RENAMED.items() if ours in properties}
    return {**chosen(properties, *_SAME), **renamed}


def _configure(client: Any, arn: str, before: Properties, after: Properties) -> None:
    selectors = chosen(after, "EventSelectors", "AdvancedEventSelectors")
    if selectors and selectors != chosen(before, *selectors):
        client.put_event_selectors(TrailName=arn, **selectors)
    if after.get("InsightSelectors") and after["InsightSelectors"] != before.get(
        "InsightSelectors"
    ):
        client.put_insight_selectors(TrailName=arn, InsightSelectors=after["InsightSelectors"])
    if after["IsLogging"] and not before.get("IsLogging"):
        client.start_logging(Name=arn)
    elif before.get("IsLogging") and not after["IsLogging"]:
        client.stop_logging(Name=arn)


def _made(name: str, trail: dict[str, Any]) -> Made:
    attributes = {"Arn": trail["TrailARN"]}
    if "SnsTopicARN" in trail:
        attributes["SnsTopicArn"] = trail["SnsTopicARN"]
    return Made(name, attributes)


TYPES = (Trail,)
