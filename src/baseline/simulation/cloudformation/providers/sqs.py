"""SQS queues and their policies."""

import json
from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider, tag_map
from baseline.simulation.cloudformation.providers.iam import document

_NO_ATTRIBUTES = ("QueueName", "Tags")


class Queue(Provider):
    """A queue; what is not set is what SQS has for a new one."""

    type: ClassVar[str] = "AWS::SQS::Queue"
    service: ClassVar[str] = "sqs"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the queue."""
        name = properties.get("QueueName") or place.name(80)
        url = self.client(place).create_queue(
            QueueName=name,
            Attributes=_attributes(properties),
            tags=tag_map(properties.get("Tags")),
        )["QueueUrl"]
        arn = place.arn("sqs", name)
        return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its attributes."""
        del before
        self.client(place).set_queue_attributes(QueueUrl=made.id, Attributes=_attributes(after))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the queue with its messages."""
        del properties
        self.client(place).delete_queue(QueueUrl=made.id)


class QueuePolicy(Provider):
    """The policy of some queues."""

    type: ClassVar[str] = "AWS::SQS::QueuePolicy"
    service: ClassVar[str] = "sqs"

    def create(self, place: Place, properties: Properties) -> Made:
        """Set the policy on each queue."""
        self._set(place, properties, document(properties["PolicyDocument"]))
        name = place.name()
        return Made(name, {"Id": name})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Set the policy anew, and take it from queues that are no longer named."""
        left = set(before["Queues"]) - set(after["Queues"])
        self._set(place, {"Queues": sorted(left)}, "")
        self._set(place, after, document(after["PolicyDocument"]))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Take the policy away."""
        del made
        self._set(place, properties, "")

    def _set(self, place: Place, properties: Properties, policy: str) -> None:
        for url in properties["Queues"]:
            self.client(place).set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _attributes(properties: Properties) -> dict[str, str]:
    return {name: _text(value) for name, value in properties.items() if name not in _NO_ATTRIBUTES}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | bool) else str(value)


TYPES = (Queue, QueuePolicy)
