"""SNS topics and their policies."""

from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider, removed_tags
from baseline.simulation.cloudformation.providers.iam import document

_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


class Topic(Provider):
    """A topic with the subscriptions that stand in it."""

    type: ClassVar[str] = "AWS::SNS::Topic"
    service: ClassVar[str] = "sns"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the topic."""
        name = properties.get("TopicName") or place.name(256)
        attributes = {key: str(properties[key]) for key in _ATTRIBUTES if key in properties}
        if properties.get("FifoTopic"):
            attributes["FifoTopic"] = "true"
        arn = self.client(place).create_topic(
            Name=name, Attributes=attributes, Tags=properties.get("Tags") or []
        )["TopicArn"]
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Subscribe."""
        _subscribe(self.client(place), made.id, {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change attributes, subscriptions and tags."""
        client = self.client(place)
        for key in _ATTRIBUTES:
            if after.get(key) != before.get(key):
                client.set_topic_attributes(
                    TopicArn=made.id, AttributeName=key, AttributeValue=str(after.get(key, ""))
                )
        _subscribe(client, made.id, before, after)
        if removed_tags(before, after):
            client.untag_resource(ResourceArn=made.id, TagKeys=removed_tags(before, after))
        if after.get("Tags") and after["Tags"] != before.get("Tags"):
            client.tag_resource(ResourceArn=made.id, Tags=after["Tags"])
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the topic with its subscriptions."""
        del properties
        self.client(place).delete_topic(TopicArn=made.id)


def _subscribe(client: Any, arn: str, before: Properties, after: Properties) -> None:
    had, wanted = (_endpoints(properties) for properties in (before, after))
    for protocol, endpoint in sorted(wanted - had):
        client.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    if had - wanted:
        for one in client.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
            if (one["Protocol"], one["Endpoint"]) in had - wanted:
                client.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _endpoints(properties: Properties) -> set[tuple[str, str]]:
    return {(one["Protocol"], one["Endpoint"]) for one in properties.get("Subscription") or ()}


class TopicPolicy(Provider):
    """The policy of some topics."""

    type: ClassVar[str] = "AWS::SNS::TopicPolicy"
    service: ClassVar[str] = "sns"

    def create(self, place: Place, properties: Properties) -> Made:
        """Set the policy on each topic."""
        client = self.client(place)
        for topic in properties["Topics"]:
            client.set_topic_attributes(
                TopicArn=topic,
                AttributeName="Policy",
                AttributeValue=document(properties["PolicyDocument"]),
            )
        name = place.name()
        return Made(name, {"Id": name})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Set the policy anew."""
        del before
        self.create(place, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """SNS has no call that takes a policy away; it goes with its topic."""


TYPES = (Topic, TopicPolicy)
