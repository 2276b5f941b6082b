"""AWS Config: recorder, delivery channel, rules and aggregators."""

import json
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    PutProvider,
    chosen,
    lowered,
    missing,
    raised,
)

_RECORDER = "AWS::Config::ConfigurationRecorder"
_CHANNEL = "AWS::Config::DeliveryChannel"
_DEFAULT = "default"


class ConfigurationRecorder(PutProvider):
    """The recorder; it starts as soon as there is a delivery channel."""

    type: ClassVar[str] = _RECORDER
    service: ClassVar[str] = "config"

    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Set the recorder up."""
        recorder = lowered({k: v for k, v in properties.items() if k != "StartedOnCreate"})
        recorder["name"] = name or properties.get("Name", _DEFAULT)
        self.client(place).put_configuration_recorder(ConfigurationRecorder=recorder)
        arn = place.arn("config", f"configuration-recorder/{recorder['name']}")
        return Made(recorder["name"], {"ResourceARN": arn})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Start the recorder, if it has somewhere to deliver to."""
        client = self.client(place)
        if properties.get("StartedOnCreate", True) and _channels(client):
            client.start_configuration_recorder(ConfigurationRecorderName=made.id)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Stop and delete the recorder."""
        del properties
        client = self.client(place)
        client.stop_configuration_recorder(ConfigurationRecorderName=made.id)
        client.delete_configuration_recorder(ConfigurationRecorderName=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """What it records; that it was stopped is not seen by CloudFormation."""
        del properties
        found = self.client(place).describe_configuration_recorders()["ConfigurationRecorders"]
        group = _named(found, made.id)["recordingGroup"]
        said = {
            k: v for k, v in group.items() if k in ("allSupported", "includeGlobalResourceTypes")
        }
        return {"RecordingGroup": raised(said), "RoleARN": _named(found, made.id)["roleARN"]}


class DeliveryChannel(PutProvider):
    """Where the recorder delivers to; it needs a recorder, and starts it."""

    type: ClassVar[str] = _CHANNEL
    service: ClassVar[str] = "config"
    after: ClassVar[frozenset[str]] = frozenset((_RECORDER, "AWS::S3::BucketPolicy"))

    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Set the channel up."""
        channel = lowered(properties)
        channel["name"] = name or properties.get("Name", _DEFAULT)
        self.client(place).put_delivery_channel(DeliveryChannel=channel)
        return Made(channel["name"])

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Start the recorder that waited for the channel."""
        del properties
        client = self.client(place)
        for recorder in _recorders(client):
            client.start_configuration_recorder(ConfigurationRecorderName=recorder)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the channel; Config wants the recorder stopped before."""
        del properties
        client = self.client(place)
        for recorder in _recorders(client):
            client.stop_configuration_recorder(ConfigurationRecorderName=recorder)
        client.delete_delivery_channel(DeliveryChannelName=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Where it delivers to."""
        del properties
        found = _named(self.client(place).describe_delivery_channels()["DeliveryChannels"], made.id)
        names = {"S3BucketName": "s3BucketName", "S3KmsKeyArn": "s3KmsKeyArn"}
        return {ours: found.get(theirs) for ours, theirs in names.items()}


def _named(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for one in found:
        if one["name"] == name:
            return one
    raise missing(name)


def _channels(client: Any) -> list[str]:
    channels = client.describe_delivery_channels()["DeliveryChannels"]
    return [channel["name"] for channel in channels]


def _recorders(client: Any) -> list[str]:
    recorders = client.describe_configuration_recorders()["ConfigurationRecorders"]
    return [recorder["name"] for recorder in recorders]


class ConfigRule(Provider):
    """A rule that recorded resources are compared with."""

    type: ClassVar[str] = "AWS::Config::ConfigRule"
    service: ClassVar[str] = "config"
    after: ClassVar[frozenset[str]] = frozenset((_RECORDER, _CHANNEL))

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the rule."""
        return self._put(place, properties.get("ConfigRuleName") or place.name(128), properties)

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Overwrite the rule."""
        del before
        return self._put(place, made.id, after)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the rule."""
        del properties
        self.client(place).delete_config_rule(ConfigRuleName=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """What it compares."""
        found = self.client(place).describe_config_rules(ConfigRuleNames=[made.id])
        rule = found["ConfigRules"][0]
        given = rule.get("InputParameters")
        if given and not isinstance(properties.get("InputParameters", ""), str):
            given = json.loads(given)
        source = {name: rule["Source"].get(name) for name in ("Owner", "SourceIdentifier")}
        return {"Source": source, "InputParameters": given, "Description": rule.get("Description")}

    def _put(self, place: Place, name: str, properties: Properties) -> Made:
        client = self.client(place)
        rule = {**properties, "ConfigRuleName": name}
        if not isinstance(rule.get("InputParameters", ""), str):
            rule["InputParameters"] = json.dumps(rule["InputParameters"])
        client.put_config_rule(ConfigRule=rule)
        (made,) = client.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"]
        attributes = {"Arn": made["ConfigRuleArn"], "ConfigRuleId": made["ConfigRuleId"]}
        return Made(name, {**attributes, "Compliance.Type": "INSUFFICIENT_DATA"})


class ConfigurationAggregator(Provider):
    """What brings the evaluations of all accounts and regions together."""

    type: ClassVar[str] = "AWS::Config::ConfigurationAggregator"
    service: ClassVar[str] = "config"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the aggregator."""
        name = properties.get("ConfigurationAggregatorName") or place.name(256)
        return self._put(place, name, properties)

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its sources; an organization cannot become accounts, nor the other way."""
        kind = "OrganizationAggregationSource"
        if (kind in before) != (kind in after):
            raise AwsError(
                "The configuration aggregator's source type cannot be changed.",
                code="InvalidParameterValueException",
            )
        return self._put(place, made.id, after)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the aggregator."""
        del properties
        self.client(place).delete_configuration_aggregator(ConfigurationAggregatorName=made.id)

    def _put(self, place: Place, name: str, properties: Properties) -> Made:
        sources = chosen(properties, "OrganizationAggregationSource", "Tags")
        if "AccountAggregationSources" in properties:
            sources["AccountAggregationSources"] = properties["AccountAggregationSources"]
        answer = self.client(place).put_configuration_aggregator(
            ConfigurationAggregatorName=name, **sources
        )["ConfigurationAggregator"]
        arn = answer["ConfigurationAggregatorArn"]
        return Made(name, {"ConfigurationAggregatorArn": arn})


TYPES = (ConfigurationRecorder, DeliveryChannel, ConfigRule, ConfigurationAggregator)
