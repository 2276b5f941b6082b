"""The bucket that logs are delivered to: whether it lets a service of AWS in, and writing to it.

Written straight into moto's state, because a delivery has thousands of objects and is no call of
anyone's in the organization.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, s3_backends

from baseline.permissions import Request, Statement, applies, listed, statements

_PARTITION = "aws"
# Of every request, also of one over plain HTTP: loopback stands for TLS.
_SECURE = {"aws:SecureTransport": "true"}


def find(name: str) -> Any:
    """Moto's bucket of that name, whoever owns it; None when there is none."""
    owner = s3_backends.bucket_accounts.get(name)
    return s3_backends[owner[1]][_PARTITION].buckets.get(name) if owner else None


def write(
    name: str,
    key: str,
    body: bytes,
    *,
    time: datetime,
    content_type: str,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Put an object as if at ``time``; the bucket must be there."""
    backend = s3_backends[s3_backends.bucket_accounts[name][1]][_PARTITION]
    written = backend.put_object(name, key, body)
    written.last_modified = time.astimezone(UTC).replace(tzinfo=None)
    written.set_metadata({"Content-Type": content_type, **(metadata or {})})


def holds(name: str, key: str) -> bool:
    """Whether the bucket has such an object."""
    return key in find(name).keys


def lets_in(name: str, principal: str, key: str, context: Mapping[str, str]) -> bool:
    """Whether ``principal`` may put the object ``key`` and read the ACL of the bucket.

    ``context`` has the condition keys of the request, such as ``aws:SourceArn``, beside those that
    every delivery sends.
    """
    policy = find(name).policy
    sent = {
        **_SECURE,
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": principal,
        "s3:x-amz-acl": "bucket-owner-full-control",
        **context,
    }
    arn = f"arn:aws:s3:::{name}"
    return allows(policy, principal, "s3:GetBucketAcl", arn, sent) and allows(
        policy, principal, "s3:PutObject", f"{arn}/{key}", sent
    )


def allows(
    policy: str | bytes | None,
    principal: str,
    action: str,
    resource: str,
    context: Mapping[str, str],
) -> bool:
    """Whether a resource policy lets a service do something: an Allow, and no Deny.

    A condition operator that is not known here never holds, so that it cannot let anyone in.
    """
    effects = {
        statement.get("Effect")
        for statement in _statements(policy)
        if _meant(statement, principal, _request(action, resource, context))
    }
    return effects == {"Allow"}


def _permission(of: Any, action: str, resource: str) -> Any:
    """What moto's bucket says to everybody, with the conditions, which moto does not look at.

    It would take "deny what is not encrypted in transit" for "deny everything". A Deny that
    depends on who asks is not enforced: moto does not tell us.
    """
    effects = {
        statement.get("Effect")
        for statement in _statements(of.policy)
        if _known(statement.get("Condition", {}))
        and _meant(statement, "", _request(action, resource, _SECURE))
    }
    if "Deny" in effects:
        return PermissionResult.DENIED
    return PermissionResult.PERMITTED if effects else PermissionResult.NEUTRAL


FakeBucket.get_permission = _permission


def _statements(policy: str | bytes | None) -> tuple[Statement, ...]:
    return statements(policy) if policy else ()


def _request(action: str, resource: str, context: Mapping[str, str]) -> Request:
    lowered = {key.lower(): value for key, value in context.items()}
    return Request(action, resource, lowered, settled=("",))


def _known(conditions: Mapping[str, Mapping[str, Any]]) -> bool:
    known = {key.lower() for key in _SECURE}
    return all(key.lower() in known for keys in conditions.values() for key in keys)


def _meant(statement: Statement, principal: str, request: Request) -> bool:
    return _is_principal(statement.get("Principal"), principal) and bool(
        applies(statement, request)
    )


def _is_principal(stated: Any, service: str) -> bool:
    if isinstance(stated, Mapping):
        return service in listed(stated.get("Service", [])) or "*" in listed(stated.get("AWS", []))
    return bool(stated == "*")
