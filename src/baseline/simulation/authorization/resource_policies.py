"""What the policies of buckets and keys deny. Whom they let in from outside is not asked here.

A Deny in the policy of a resource goes before all else [IAM User Guide, "Policy evaluation logic"].
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.kms.models import kms_backends

from baseline.permissions import Request, Statement, applies, listed, statements
from baseline.simulation import bucket

SERVICES = ("s3", "kms")


def denies(request: Request) -> bool:
    """Whether the policy of the resource denies ``request``, also to its own account."""
    principal = str(request.context["aws:principalarn"])
    return any(
        statement.get("Effect") == "Deny"
        and _is_of(statement.get("Principal"), principal)
        and applies(statement, request)
        for statement in _statements(request.resource)
    )


def _statements(resource: str) -> Iterator[Statement]:
    parts = resource.split(":", _BEFORE_NAME)
    read = _READ.get(parts[2]) if len(parts) > _BEFORE_NAME else None
    document = read(resource) if read else ""
    if document:
        yield from statements(document)


def _of_bucket(arn: str) -> Any:
    found = bucket.find(arn.split(":", _BEFORE_NAME)[-1].partition("/")[0])
    return found.policy if found else ""


def _of_key(arn: str) -> Any:
    """By the key's ARN, or by one of its aliases, which a call may name as it names a key."""
    _, _, _, region, account_id, named = arn.split(":", _BEFORE_NAME)
    if region not in kms_backends[account_id]:
        return ""
    name = named.removeprefix("key/")
    keys = list(kms_backends[account_id][region].keys.values())
    return next((key.policy for key in keys if key.id == name or name in key.aliases), "")


_BEFORE_NAME = 5  # colons of an ARN
_READ: Mapping[str, Callable[[str], Any]] = {"s3": _of_bucket, "kms": _of_key}


def _is_of(stated: Any, principal: str) -> bool:
    """Whether ``Principal`` of a statement means somebody, by the ARN or by the account."""
    named = listed(stated.get("AWS", [])) if isinstance(stated, Mapping) else [stated]
    account_id = principal.split(":")[4]
    return not {"*", principal, account_id, f"arn:aws:iam::{account_id}:root"}.isdisjoint(named)
