"""CloudWatch Logs: log groups and resource policies."""

from typing import ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    PutProvider,
    missing,
    removed_tags,
    tag_map,
)
from baseline.simulation.cloudformation.providers.iam import document


class LogGroup(Provider):
    """A log group and how long it keeps what it gets."""

    type: ClassVar[str] = "AWS::Logs::LogGroup"
    service: ClassVar[str] = "logs"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the group."""
        name = properties.get("LogGroupName") or place.name(512)
        renamed = {"KmsKeyId": "kmsKeyId", "LogGroupClass": "logGroupClass"}
        parameters = {theirs: properties[o] for o, theirs in renamed.items() if o in properties}
        if properties.get("Tags"):
            parameters["tags"] = tag_map(properties["Tags"])
        self.client(place).create_log_group(logGroupName=name, **parameters)
        return Made(name, {"Arn": place.arn("logs", f"log-group:{name}:*")})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Set how long it keeps."""
        return self.update(place, made, {**properties, "RetentionInDays": None}, properties)

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change how long it keeps, its key and its tags."""
        client = self.client(place)
        days = after.get("RetentionInDays")
        if days and days != before.get("RetentionInDays"):
            client.put_retention_policy(logGroupName=made.id, retentionInDays=days)
        elif before.get("RetentionInDays") and not days:
            client.delete_retention_policy(logGroupName=made.id)
        key = after.get("KmsKeyId")
        if key and key != before.get("KmsKeyId"):
            client.associate_kms_key(logGroupName=made.id, kmsKeyId=key)
        elif before.get("KmsKeyId") and not key:
            client.disassociate_kms_key(logGroupName=made.id)
        arn = made.attributes["Arn"].removesuffix(":*")
        if removed_tags(before, after):
            client.untag_resource(resourceArn=arn, tagKeys=removed_tags(before, after))
        if after.get("Tags") and after["Tags"] != before.get("Tags"):
            client.tag_resource(resourceArn=arn, tags=tag_map(after["Tags"]))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the group with what it holds."""
        del properties
        self.client(place).delete_log_group(logGroupName=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """How long it keeps what it gets, and its key."""
        del properties
        found = self.client(place).describe_log_groups(logGroupNamePrefix=made.id)["logGroups"]
        for group in found:
            if group["logGroupName"] == made.id:
                days, key = group.get("retentionInDays"), group.get("kmsKeyId")
                return {"RetentionInDays": days, "KmsKeyId": key}
        raise missing(made.id)


class ResourcePolicy(PutProvider):
    """Which services may write to the log groups of this account and region."""

    type: ClassVar[str] = "AWS::Logs::ResourcePolicy"
    service: ClassVar[str] = "logs"

    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Set the policy."""
        policy = name or properties["PolicyName"]
        self.client(place).put_resource_policy(
            policyName=policy, policyDocument=document(properties["PolicyDocument"])
        )
        return Made(policy)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the policy."""
        del properties
        self.client(place).delete_resource_policy(policyName=made.id)


TYPES = (LogGroup, ResourcePolicy)
