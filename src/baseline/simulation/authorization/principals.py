"""What a caller holds: its policies and its boundary, as IAM has them now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.iam.models import iam_backends

from baseline.simulation.iam import provide_managed_policy
from baseline.simulation.service import Call

_LINKED = "/aws-service-role/"


@dataclass(frozen=True)
class Principal:
    """Who calls. ``arn`` is the role's, not the session's.

    ``policies`` are documents, None where IAM knows no such principal or it may do everything;
    ``boundary`` is None where there is none. ``linked``: a role of AWS's own, over which there is
    no service control policy.
    """

    arn: str
    kind: str
    policies: tuple[str, ...] | None = None
    boundary: tuple[str, ...] | None = None
    linked: bool = False
    tags: dict[str, str] = field(default_factory=dict)


def principal(call: Call) -> Principal:
    """Who makes a call."""
    what, _, rest = call.arn.split(":", 5)[5].partition("/")
    if what == "assumed-role":
        return _role(call, rest.split("/")[0])
    if what == "user":
        return _user(call)
    return Principal(call.arn, "Account")


def _role(call: Call, name: str) -> Principal:
    backend = iam_backends[call.account_id]["aws"]
    for role in list(backend.roles.values()):
        if role.name == name:
            return Principal(
                arn=role.arn,
                kind="AssumedRole",
                policies=tuple(_documents(role)),
                boundary=_boundary(backend, call.account_id, role.permissions_boundary_arn),
                linked=role.path.startswith(_LINKED),
                tags=_tags(role.tags),
            )
    return Principal(f"arn:aws:iam::{call.account_id}:role/{name}", "AssumedRole")


def _user(call: Call) -> Principal:
    backend = iam_backends[call.account_id]["aws"]
    for user in list(backend.users.values()):
        if user.arn == call.arn:
            groups = [group for group in list(backend.groups.values()) if user in group.users]
            held = [document for holder in (user, *groups) for document in _documents(holder)]
            return Principal(call.arn, "User", tuple(held))
    return Principal(call.arn, "User")


def _documents(holder: Any) -> Iterator[str]:
    """The inline and the attached policies of a role, a user or a group."""
    yield from list(holder.policies.values())
    yield from map(_default, list(holder.managed_policies.values()))


def _default(policy: Any) -> str:
    for version in policy.versions:
        if version.is_default:
            return str(version.document)
    return ""


def _boundary(backend: Any, account_id: str, arn: str | None) -> tuple[str, ...] | None:
    if not arn:
        return None
    provide_managed_policy(account_id, arn)
    policy = backend.managed_policies.get(arn)
    return (_default(policy),) if policy else ()


def _tags(kept: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in kept or ()}
