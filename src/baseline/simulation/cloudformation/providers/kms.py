"""KMS keys and their aliases."""

import json
from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    missing,
    removed_tags,
    tag_map,
)
from baseline.simulation.cloudformation.providers.iam import document


class Key(Provider):
    """A key; deleting it schedules the deletion, as KMS has no other way."""

    type: ClassVar[str] = "AWS::KMS::Key"
    service: ClassVar[str] = "kms"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the key."""
        parameters: dict[str, Any] = chosen(
            properties, "Description", "KeyUsage", "KeySpec", "Origin", "MultiRegion"
        )
        if "KeyPolicy" in properties:
            parameters["Policy"] = document(properties["KeyPolicy"])
        answer = self.client(place).create_key(Tags=_tags(properties), **parameters)
        metadata = answer["KeyMetadata"]
        return Made(metadata["KeyId"], {"Arn": metadata["Arn"], "KeyId": metadata["KeyId"]})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Set its rotation."""
        self._switch(self.client(place), made.id, {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change description, policy, rotation and tags."""
        client = self.client(place)
        client.update_key_description(KeyId=made.id, Description=after.get("Description", ""))
        if "KeyPolicy" in after:
            client.put_key_policy(
                KeyId=made.id, PolicyName="default", Policy=document(after["KeyPolicy"])
            )
        self._switch(client, made.id, before, after)
        if removed_tags(before, after):
            client.untag_resource(KeyId=made.id, TagKeys=removed_tags(before, after))
        if after.get("Tags"):
            client.tag_resource(KeyId=made.id, Tags=_tags(after))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Schedule the deletion, after the pending window."""
        self.client(place).schedule_key_deletion(
            KeyId=made.id, PendingWindowInDays=properties.get("PendingWindowInDays", 30)
        )

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Who may use it, and whether it is rotated; a key that is to be deleted is gone."""
        del properties
        client = self.client(place)
        state = client.describe_key(KeyId=made.id)["KeyMetadata"]["KeyState"]
        if state == "PendingDeletion":
            raise missing(made.id)
        policy = client.get_key_policy(KeyId=made.id, PolicyName="default")["Policy"]
        rotated = client.get_key_rotation_status(KeyId=made.id)["KeyRotationEnabled"]
        enabled = state == "Enabled"
        return {"KeyPolicy": json.loads(policy), "EnableKeyRotation": rotated, "Enabled": enabled}

    @staticmethod
    def _switch(client: Any, key: str, before: Properties, after: Properties) -> None:
        if after.get("EnableKeyRotation"):
            client.enable_key_rotation(KeyId=key)
        elif before.get("EnableKeyRotation"):
            client.disable_key_rotation(KeyId=key)
        if after.get("Enabled", True) != before.get("Enabled", True):
            (client.enable_key if after.get("Enabled", True) else client.disable_key)(KeyId=key)


def _tags(properties: Properties) -> list[dict[str, str]]:
    tags = tag_map(properties.get("Tags")).items()
    return [{"TagKey": key, "TagValue": value} for key, value in tags]


class Alias(Provider):
    """Another name for a key."""

    type: ClassVar[str] = "AWS::KMS::Alias"
    service: ClassVar[str] = "kms"

    def create(self, place: Place, properties: Properties) -> Made:
        """Name the key."""
        self.client(place).create_alias(**chosen(properties, "AliasName", "TargetKeyId"))
        return Made(properties["AliasName"])

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Give the name to another key."""
        del before
        self.client(place).update_alias(**chosen(after, "AliasName", "TargetKeyId"))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Forget the name."""
        del properties
        self.client(place).delete_alias(AliasName=made.id)


TYPES = (Key, Alias)
