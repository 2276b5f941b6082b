"""The data catalog: databases, tables and views."""

from typing import ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider


class Database(Provider):
    """A database; what it holds goes with it."""

    type: ClassVar[str] = "AWS::Glue::Database"
    service: ClassVar[str] = "glue"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the database."""
        given = dict(properties["DatabaseInput"])
        given.setdefault("Name", place.name(255).lower())
        self.client(place).create_database(DatabaseInput=given)
        return Made(given["Name"])

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change what describes it."""
        del before
        given = {"Name": made.id, **after["DatabaseInput"]}
        self.client(place).update_database(Name=made.id, DatabaseInput=given)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the database."""
        del properties
        self.client(place).delete_database(Name=made.id)


class Table(Provider):
    """A table or a view. Its partitions are no resources, and stay when it changes."""

    type: ClassVar[str] = "AWS::Glue::Table"
    service: ClassVar[str] = "glue"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the table."""
        given = dict(properties["TableInput"])
        given.setdefault("Name", place.name(255).lower())
        self.client(place).create_table(DatabaseName=properties["DatabaseName"], TableInput=given)
        return Made(given["Name"])

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change columns, format and what describes it."""
        del before
        self.client(place).update_table(
            DatabaseName=after["DatabaseName"], TableInput={"Name": made.id, **after["TableInput"]}
        )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the table with its partitions."""
        self.client(place).delete_table(DatabaseName=properties["DatabaseName"], Name=made.id)


TYPES = (Database, Table)
