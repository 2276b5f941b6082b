"""SSM parameters."""

from typing import ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, PutProvider, chosen

_SETTINGS = ("Type", "Value", "Description", "AllowedPattern", "Tier", "Policies", "DataType")


class Parameter(PutProvider):
    """A parameter in the parameter store."""

    type: ClassVar[str] = "AWS::SSM::Parameter"
    service: ClassVar[str] = "ssm"

    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Write the parameter; tags can be given only where it is new."""
        parameters = chosen(properties, *_SETTINGS)
        if name is None:
            tags = properties.get("Tags") or {}
            parameters["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        written = name or properties.get("Name") or f"CFN-{place.name(100)}"
        self.client(place).put_parameter(Name=written, Overwrite=name is not None, **parameters)
        return Made(written, chosen(properties, "Type", "Value"))

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the parameter."""
        del properties
        self.client(place).delete_parameter(Name=made.id)


TYPES = (Parameter,)
