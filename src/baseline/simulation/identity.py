"""Who makes a call: the owner of an access key, or the simulation acting inside an account."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from baseline.simulation.service import Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation


@dataclass(frozen=True)
class Identity:
    """A principal. ``record`` has the shape of CloudTrail's ``userIdentity``."""

    account_id: str
    arn: str
    access_key_id: str
    record: dict[str, Any]
    internal: bool = False
    invoked_by: str = ""


def itself(account_id: str) -> Identity:
    """The simulation inside an account: seeds it, and no trail shows it."""
    arn = f"arn:aws:iam::{account_id}:root"
    record = {"type": "Root", "principalId": account_id, "arn": arn, "accountId": account_id}
    return Identity(account_id, arn, _key_of(arn), record, internal=True)


def acting(account_id: str, arn: str, invoked_by: str) -> Identity:
    """A service of AWS that acts as the assumed role ``arn``, for example CloudFormation."""
    record = role_record(arn, role_id(account_id, arn.split("/")[1]), _key_of(arn))
    if invoked_by:
        record["invokedBy"] = invoked_by
    return Identity(account_id, arn, _key_of(arn), record, invoked_by=invoked_by)


def role_record(
    arn: str,
    principal_id: str,
    access_key_id: str,
    *,
    since: dt.datetime | None = None,
    mfa: bool = False,
) -> dict[str, Any]:
    """``userIdentity`` of the assumed role ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``."""
    account_id = arn.split(":")[4]
    _, role, session = arn.split("/", 2)
    return {
        "type": "AssumedRole",
        "principalId": f"{principal_id}:{session}",
        "arn": arn,
        "accountId": account_id,
        "accessKeyId": access_key_id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal_id,
                "arn": f"arn:aws:iam::{account_id}:role/{role}",
                "accountId": account_id,
                "userName": role,
            },
            "attributes": _attributes(since, mfa=mfa),
        },
    }


def user_record(
    user: Any,
    account_id: str,
    access_key_id: str,
    *,
    since: dt.datetime | None = None,
    mfa: bool = False,
) -> dict[str, Any]:
    """``userIdentity`` of an IAM user; with ``since``, of a session that the user got from STS."""
    record = {
        "type": "IAMUser",
        "principalId": user.id,
        "arn": user.arn,
        "accountId": account_id,
        "accessKeyId": access_key_id,
        "userName": user.name,
    }
    if since is not None:
        record["sessionContext"] = {"attributes": _attributes(since, mfa=mfa)}
    return record


def role_id(account_id: str, role: str) -> str:
    """The unique id (AROA…) of a role; a stable one for a role that is not there."""
    for found in list(iam_backends[account_id]["aws"].roles.values()):
        if found.name == role:
            return str(found.id)
    return f"AROA{_digest(account_id + role)}"


def owner_of(simulation: "Simulation", access_key_id: str, session_token: str) -> Identity:
    """The identity behind an access key; raises Refusal when it is unknown or has expired."""
    session = simulation.issued.valid(access_key_id, session_token)
    if session is not None:
        return session
    for account_id in simulation.account_ids():
        for user in list(iam_backends[account_id]["aws"].users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    record = user_record(user, account_id, access_key_id)
                    return Identity(account_id, user.arn, access_key_id, record)
    raise Refusal(
        "InvalidClientTokenId", "The security token included in the request is invalid.", 403
    )


def _attributes(since: dt.datetime | None, *, mfa: bool) -> dict[str, str]:
    since = since or dt.datetime.now(dt.UTC)
    return {
        "creationDate": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "mfaAuthenticated": "true" if mfa else "false",
    }


def _key_of(arn: str) -> str:
    return f"ASIA{_digest(arn)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16].upper()
