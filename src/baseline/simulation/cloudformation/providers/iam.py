"""IAM roles and policies."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    removed_tags,
)


def document(policy: Any) -> str:
    """A policy document as the text that IAM takes."""
    return policy if isinstance(policy, str) else json.dumps(policy)


class Role(Provider):
    """A role with its attached and its inline policies."""

    type: ClassVar[str] = "AWS::IAM::Role"
    service: ClassVar[str] = "iam"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the role."""
        name = properties.get("RoleName") or place.name()
        role = self.client(place).create_role(
            RoleName=name,
            AssumeRolePolicyDocument=document(properties["AssumeRolePolicyDocument"]),
            **chosen(
                properties, "Path", "Description", "MaxSessionDuration", "PermissionsBoundary",
                "Tags",
            ),
        )["Role"]  # fmt: skip
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Give the role its policies."""
        _set_role_policies(self.client(place), made.id, properties, new=True)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change trust, session, tags and policies."""
        client = self.client(place)
        client.update_role(
            RoleName=made.id,
            Description=after.get("Description", ""),
            MaxSessionDuration=after.get("MaxSessionDuration", 3600),
        )
        client.update_assume_role_policy(
            RoleName=made.id, PolicyDocument=document(after["AssumeRolePolicyDocument"])
        )
        _set_role_policies(client, made.id, after)
        _change_boundary(client, made.id, before, after)
        if removed_tags(before, after):
            client.untag_role(RoleName=made.id, TagKeys=removed_tags(before, after))
        if after.get("Tags"):
            client.tag_role(RoleName=made.id, Tags=after["Tags"])
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Take the role's policies away, and the role."""
        del properties
        client = self.client(place)
        _set_role_policies(client, made.id, {})
        client.delete_role(RoleName=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Trust, session and policies."""
        client = self.client(place)
        role = client.get_role(RoleName=made.id)["Role"]
        attached, wanted = _attached(client, made.id), properties.get("ManagedPolicyArns") or []
        kept = [arn for arn in wanted if arn in attached]
        return {
            "AssumeRolePolicyDocument": _parsed(role["AssumeRolePolicyDocument"]),
            "Description": role.get("Description"),
            "MaxSessionDuration": role.get("MaxSessionDuration"),
            "ManagedPolicyArns": kept + sorted(attached - set(wanted)),
            "Policies": _inline_as_they_are(client, made.id, properties.get("Policies") or ()),
        }


def _set_role_policies(
    client: Any, role: str, properties: Properties, *, new: bool = False
) -> None:
    """Leave exactly the wanted policies on the role, whatever is on it now."""
    attached = set() if new else _attached(client, role)
    wanted = set(properties.get("ManagedPolicyArns") or ())
    for arn in sorted(attached - wanted):
        client.detach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in sorted(wanted - attached):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)
    inline = [] if new else client.list_role_policies(RoleName=role)["PolicyNames"]
    kept = _inline(properties)
    for name in sorted(set(inline) - set(kept)):
        client.delete_role_policy(RoleName=role, PolicyName=name)
    for name, text in kept.items():
        client.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)


def _inline_as_they_are(
    client: Any, role: str, wanted: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The inline policies, in the order of the template, others last."""
    places = {policy["PolicyName"]: number for number, policy in enumerate(wanted)}
    names = client.list_role_policies(RoleName=role)["PolicyNames"]
    found = (client.get_role_policy(RoleName=role, PolicyName=name) for name in names)
    policies = [
        {"PolicyName": one["PolicyName"], "PolicyDocument": _parsed(one["PolicyDocument"])}
        for one in found
    ]
    return sorted(policies, key=lambda one: places.get(one["PolicyName"], len(places)))


def _parsed(policy: Any) -> Any:
    return json.loads(policy) if isinstance(policy, str) else policy


def _attached(client: Any, role: str) -> set[str]:
    answer = client.list_attached_role_policies(RoleName=role)
    return {policy["PolicyArn"] for policy in answer["AttachedPolicies"]}


def _change_boundary(client: Any, role: str, before: Properties, after: Properties) -> None:
    boundary = after.get("PermissionsBoundary")
    if boundary and boundary != before.get("PermissionsBoundary"):
        client.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
    elif before.get("PermissionsBoundary") and not boundary:
        client.delete_role_permissions_boundary(RoleName=role)


def _inline(properties: Properties) -> dict[str, str]:
    policies: Iterable[Mapping[str, Any]] = properties.get("Policies") or ()
    return {policy["PolicyName"]: document(policy["PolicyDocument"]) for policy in policies}


class ManagedPolicy(Provider):
    """A policy of its own, attached to roles, users and groups."""

    type: ClassVar[str] = "AWS::IAM::ManagedPolicy"
    service: ClassVar[str] = "iam"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the policy."""
        policy = self.client(place).create_policy(
            PolicyName=properties.get("ManagedPolicyName") or place.name(128),
            PolicyDocument=document(properties["PolicyDocument"]),
            **chosen(properties, "Path", "Description"),
        )["Policy"]
        return Made(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Attach the policy."""
        _attach(self.client(place), made.id, {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Make a new default version, and leave only that: a policy has five at most."""
        client = self.client(place)
        text = document(after["PolicyDocument"])
        if text != document(before["PolicyDocument"]):
            client.create_policy_version(PolicyArn=made.id, PolicyDocument=text, SetAsDefault=True)
            _delete_old_versions(client, made.id)
        _attach(client, made.id, before, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Detach and delete the policy."""
        client = self.client(place)
        _attach(client, made.id, properties, {})
        _delete_old_versions(client, made.id)
        client.delete_policy(PolicyArn=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """What it allows."""
        del properties
        client = self.client(place)
        version = client.get_policy(PolicyArn=made.id)["Policy"]["DefaultVersionId"]
        found = client.get_policy_version(PolicyArn=made.id, VersionId=version)["PolicyVersion"]
        return {"PolicyDocument": _parsed(found["Document"])}


def _delete_old_versions(client: Any, arn: str) -> None:
    for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def _attach(client: Any, arn: str, before: Properties, after: Properties) -> None:
    calls = {
        "Roles": (client.attach_role_policy, client.detach_role_policy, "RoleName"),
        "Users": (client.attach_user_policy, client.detach_user_policy, "UserName"),
        "Groups": (client.attach_group_policy, client.detach_group_policy, "GroupName"),
    }
    for kind, (attach, detach, key) in calls.items():
        had, wanted = (set(p.get(kind) or ()) for p in (before, after))
        for name in sorted(had - wanted):
            detach(**{key: name, "PolicyArn": arn})
        for name in sorted(wanted - had):
            attach(**{key: name, "PolicyArn": arn})


class Policy(Provider):
    """An inline policy put on roles, users and groups that exist already."""

    type: ClassVar[str] = "AWS::IAM::Policy"
    service: ClassVar[str] = "iam"

    def create(self, place: Place, properties: Properties) -> Made:
        """Put the policy on everything named."""
        self._put(place, properties)
        name = place.name(128)
        return Made(name, {"Id": name})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Put the new policy first, then take the old one from where it no longer belongs."""
        self._put(place, after)
        kept = _holders(after) if before["PolicyName"] == after["PolicyName"] else set()
        self._take(place, before, _holders(before) - kept)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Take the policy from everything named."""
        del made
        self._take(place, properties, _holders(properties))

    def _put(self, place: Place, properties: Properties) -> None:
        client = self.client(place)
        put = {
            "RoleName": client.put_role_policy,
            "UserName": client.put_user_policy,
            "GroupName": client.put_group_policy,
        }
        text = document(properties["PolicyDocument"])
        for key, name in sorted(_holders(properties)):
            put[key](**{key: name}, PolicyName=properties["PolicyName"], PolicyDocument=text)

    def _take(
        self, place: Place, properties: Properties, holders: Iterable[tuple[str, str]]
    ) -> None:
        client = self.client(place)
        take = {
            "RoleName": client.delete_role_policy,
            "UserName": client.delete_user_policy,
            "GroupName": client.delete_group_policy,
        }
        for key, name in sorted(holders):
            take[key](**{key: name}, PolicyName=properties["PolicyName"])


def _holders(properties: Properties) -> set[tuple[str, str]]:
    kinds = {"Roles": "RoleName", "Users": "UserName", "Groups": "GroupName"}
    return {(key, name) for kind, key in kinds.items() for name in properties.get(kind) or ()}


TYPES = (Role, ManagedPolicy, Policy)
