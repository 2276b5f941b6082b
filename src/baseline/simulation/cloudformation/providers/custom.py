"""Custom resources: what a function of the template's own makes.

Source: AWS CloudFormation User Guide, "Custom resource request objects" and "response objects".
"""

import json
import uuid
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider


class CustomResource(Provider):
    """What the function does that ``ServiceToken`` names, when it is told to."""

    type: ClassVar[str] = "AWS::CloudFormation::CustomResource"
    service: ClassVar[str] = "lambda"

    def create(self, place: Place, properties: Properties) -> Made:
        """Tell the function to make it."""
        return self._made(self._asked(place, "Create", properties))

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Tell the function to change it; another id in the answer is another resource."""
        old = {"OldResourceProperties": dict(before), "PhysicalResourceId": made.id}
        return self._made(self._asked(place, "Update", after, **old))

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Tell the function to delete it."""
        self._asked(place, "Delete", properties, PhysicalResourceId=made.id)

    def _asked(self, place: Place, what: str, properties: Properties, **more: Any) -> Any:
        """What the function has sent to the URL that it was given; raises AwsError."""
        url = f"https://custom-resource-response.s3.{place.region}.amazonaws.com/{uuid.uuid4()}"
        event = {
            "RequestType": what,
            "ResponseURL": url,
            "StackId": place.arn("cloudformation", f"stack/{place.stack_name}"),
            "RequestId": str(uuid.uuid4()),
            "ResourceType": "Custom::Resource",
            "LogicalResourceId": place.logical_id,
            "ResourceProperties": dict(properties),
            **more,
        }
        self.client(place).invoke(
            FunctionName=properties["ServiceToken"],
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
        answer = place.answers.pop(url, None)
        if answer is None:
            raise _failed("Custom Resource failed to stabilize in expected time.")
        if answer["Status"] == "FAILED":
            raise _failed(
                "Received response status [FAILED] from custom resource. Message returned: "
                f"{answer['Reason']}"
            )
        return answer

    @staticmethod
    def _made(answer: Any) -> Made:
        return Made(answer["PhysicalResourceId"], answer["Data"])


def _failed(message: str) -> AwsError:
    return AwsError(message, code="CustomResourceFailed")


TYPES = (CustomResource,)
