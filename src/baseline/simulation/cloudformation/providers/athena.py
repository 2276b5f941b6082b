"""Athena: workgroups and named queries."""

from typing import ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
)


class WorkGroup(Provider):
    """A workgroup and what it prescribes."""

    type: ClassVar[str] = "AWS::Athena::WorkGroup"
    service: ClassVar[str] = "athena"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the workgroup."""
        self.client(place).create_work_group(
            Name=properties["Name"],
            Configuration=properties.get("WorkGroupConfiguration") or {},
            **chosen(properties, "Description", "Tags"),
        )
        return Made(properties["Name"])

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change what it prescribes."""
        del before
        changes = dict(after.get("WorkGroupConfiguration") or {})
        if "ResultConfiguration" in changes:
            changes["ResultConfigurationUpdates"] = changes.pop("ResultConfiguration")
        self.client(place).update_work_group(
            WorkGroup=made.id,
            ConfigurationUpdates=changes,
            **chosen(after, "Description", "State"),
        )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the workgroup."""
        self.client(place).delete_work_group(
            WorkGroup=made.id,
            RecursiveDeleteOption=bool(properties.get("RecursiveDeleteOption")),
        )


class NamedQuery(Provider):
    """A saved query; every change makes another one."""

    type: ClassVar[str] = "AWS::Athena::NamedQuery"
    service: ClassVar[str] = "athena"

    def create(self, place: Place, properties: Properties) -> Made:
        """Save the query."""
        answer = self.client(place).create_named_query(
            Name=properties.get("Name") or place.name(128),
            **chosen(properties, "Database", "Description", "QueryString", "WorkGroup"),
        )
        return Made(answer["NamedQueryId"], {"NamedQueryId": answer["NamedQueryId"]})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Save it anew."""
        self.delete(place, made, before)
        return self.create(place, after)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the query."""
        del properties
        self.client(place).delete_named_query(NamedQueryId=made.id)


TYPES = (WorkGroup, NamedQuery)
