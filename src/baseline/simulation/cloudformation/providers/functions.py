"""Lambda: functions with inline source, who may call them, and the queues that they work off."""

import io
import zipfile
from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    tag_map,
)

_SETTINGS = (
    "Description", "Environment", "EphemeralStorage", "Handler", "LoggingConfig", "MemorySize",
    "Role", "Runtime", "Timeout",
)  # fmt: skip
_MAPPED = (
    "BatchSize", "Enabled", "FunctionName", "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds", "ScalingConfig",
)  # fmt: skip
_ALLOWED = ("Action", "FunctionName", "Principal", "SourceAccount", "SourceArn")


class Function(Provider):
    """A function. CloudFormation packs inline source into a file called index."""

    type: ClassVar[str] = "AWS::Lambda::Function"
    service: ClassVar[str] = "lambda"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the function."""
        name = properties.get("FunctionName") or place.name()
        answer = self.client(place).create_function(
            FunctionName=name,
            Code=_packed(properties["Code"]),
            Tags=tag_map(properties.get("Tags")),
            **chosen(properties, *_SETTINGS, "Architectures", "PackageType"),
        )
        return Made(name, {"Arn": answer["FunctionArn"]})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change source and settings."""
        client = self.client(place)
        if after["Code"] != before["Code"]:
            client.update_function_code(FunctionName=made.id, **_packed(after["Code"]))
        client.update_function_configuration(FunctionName=made.id, **chosen(after, *_SETTINGS))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the function."""
        del properties
        self.client(place).delete_function(FunctionName=made.id)


class Permission(Provider):
    """Lets a service call a function; every change replaces it."""

    type: ClassVar[str] = "AWS::Lambda::Permission"
    service: ClassVar[str] = "lambda"

    def create(self, place: Place, properties: Properties) -> Made:
        """Add the statement."""
        name = place.name(100)
        self.client(place).add_permission(StatementId=name, **chosen(properties, *_ALLOWED))
        return Made(name, {"Id": name})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Put another statement in place of this one."""
        self.delete(place, made, before)
        return self.create(place, after)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Take the statement away."""
        self.client(place).remove_permission(
            FunctionName=properties["FunctionName"], StatementId=made.id
        )


class EventSourceMapping(Provider):
    """A queue that a function works off."""

    type: ClassVar[str] = "AWS::Lambda::EventSourceMapping"
    service: ClassVar[str] = "lambda"

    def create(self, place: Place, properties: Properties) -> Made:
        """Begin to work the queue off."""
        answer = self.client(place).create_event_source_mapping(
            EventSourceArn=properties["EventSourceArn"], **chosen(properties, *_MAPPED)
        )
        return Made(answer["UUID"], {"Id": answer["UUID"]})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change how it is worked off."""
        del before
        self.client(place).update_event_source_mapping(UUID=made.id, **chosen(after, *_MAPPED))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Leave the queue alone."""
        del properties
        self.client(place).delete_event_source_mapping(UUID=made.id)


def _packed(code: Any) -> dict[str, Any]:
    if "ZipFile" not in code:
        return dict(code)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # Always the same time, so that the same source has the same hash.
        archive.writestr(zipfile.ZipInfo("index.py"), code["ZipFile"])
    return {"ZipFile": packed.getvalue()}


TYPES = (Function, Permission, EventSourceMapping)
