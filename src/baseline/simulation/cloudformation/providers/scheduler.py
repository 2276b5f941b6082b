"""EventBridge Scheduler: what begins by itself."""

from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider


class Schedule(Provider):
    """When what is called."""

    type: ClassVar[str] = "AWS::Scheduler::Schedule"
    service: ClassVar[str] = "scheduler"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the schedule."""
        name = properties.get("Name") or place.name()
        answer = self.client(place).create_schedule(**_told(name, properties))
        return Made(name, {"Arn": answer["ScheduleArn"]})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Overwrite the schedule."""
        del before
        self.client(place).update_schedule(**_told(made.id, after))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the schedule."""
        group = {"GroupName": g} if (g := properties.get("GroupName")) else {}
        self.client(place).delete_schedule(Name=made.id, **group)


def _told(name: str, properties: Properties) -> dict[str, Any]:
    return {**properties, "Name": name}


TYPES = (Schedule,)
