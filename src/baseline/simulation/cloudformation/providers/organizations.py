"""Policies of AWS Organizations, and what they are attached to."""

import json
from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    removed_tags,
)


def _content(properties: Properties) -> str:
    """Text is handed on as it is, anything else without spaces."""
    given = properties["Content"]
    return given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))


class Policy(Provider):
    """A policy of any type that Organizations has."""

    type: ClassVar[str] = "AWS::Organizations::Policy"
    service: ClassVar[str] = "organizations"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the policy."""
        made = self.client(place).create_policy(
            Content=_content(properties),
            Description=properties.get("Description", ""),
            **chosen(properties, "Name", "Type", "Tags"),
        )
        summary = made["Policy"]["PolicySummary"]
        known = {"Id": summary["Id"], "Arn": summary["Arn"], "AwsManaged": summary["AwsManaged"]}
        return Made(summary["Id"], known)

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Attach it."""
        _attach(self.client(place), made.id, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change what it says, its tags, and what it is attached to."""
        client = self.client(place)
        client.update_policy(
            PolicyId=made.id,
            Content=_content(after),
            Description=after.get("Description", ""),
            Name=after["Name"],
        )
        _attach(client, made.id, after)
        if removed_tags(before, after):
            client.untag_resource(ResourceId=made.id, TagKeys=removed_tags(before, after))
        if after.get("Tags") and after["Tags"] != before.get("Tags"):
            client.tag_resource(ResourceId=made.id, Tags=after["Tags"])
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Detach the policy from whatever it is attached to, and delete it."""
        del properties
        client = self.client(place)
        for target in _targets(client, made.id):
            client.detach_policy(PolicyId=made.id, TargetId=target)
        client.delete_policy(PolicyId=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """What it says and what it is attached to."""
        client = self.client(place)
        found = client.describe_policy(PolicyId=made.id)["Policy"]
        there, wanted = _targets(client, made.id), properties.get("TargetIds") or []
        kept = [target for target in wanted if target in there]
        return {
            "Content": json.loads(found["Content"]),
            "Description": found["PolicySummary"].get("Description"),
            "TargetIds": kept + sorted(there - set(wanted)),
        }


def _targets(client: Any, policy: str) -> set[str]:
    return {t["TargetId"] for t in client.list_targets_for_policy(PolicyId=policy)["Targets"]}


def _attach(client: Any, policy: str, properties: Properties) -> None:
    there, wanted = _targets(client, policy), set(properties.get("TargetIds", ()))
    for target in sorted(wanted - there):
        client.attach_policy(PolicyId=policy, TargetId=target)
    for target in sorted(there - wanted):
        client.detach_policy(PolicyId=policy, TargetId=target)


TYPES = (Policy,)
