"""Trust policies: who may assume a role, under which conditions.

An operator or a condition key that is not known here never lets anybody in.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseline import permissions
from baseline.permissions import Statement, about, conditions, listed, statements

_ACTION = "sts:AssumeRole"


@dataclass(frozen=True)
class Request:
    """An AssumeRole request. ``mfa_age`` in seconds; None: there was no MFA code."""

    account_id: str
    arn: str
    role_arn: str
    organization_id: str
    session_name: str
    long_term: bool
    external_id: str | None = None
    mfa_age: float | None = None

    @property
    def context(self) -> dict[str, str]:
        """The condition keys that are present [IAM: global condition context keys]."""
        present = {
            "aws:principalarn": self.role_arn or self.arn,
            "aws:principalaccount": self.account_id,
            "aws:principalorgid": self.organization_id,
            "sts:rolesessionname": self.session_name,
        }
        if self.external_id is not None:
            present["sts:externalid"] = self.external_id
        if self.mfa_age is not None:
            present["aws:multifactorauthage"] = str(int(self.mfa_age))
        # Long-term keys alone have no such key: Bool does not match, BoolIfExists does.
        if self.mfa_age is not None or not self.long_term:
            present["aws:multifactorauthpresent"] = str(self.mfa_age is not None).lower()
        return present


def allows(policy: str, request: Request) -> bool:
    """Whether the trust policy lets ``request`` in; a Deny goes before every Allow."""
    try:
        said = statements(policy)
    except ValueError:
        return False
    matching = [s.get("Effect") for s in said if _matches(s, request)]
    return "Allow" in matching and "Deny" not in matching


def _matches(statement: Statement, request: Request) -> bool:
    asked = permissions.Request(_ACTION, request.role_arn, request.context, settled=("",))
    return (
        about(statement, _ACTION)
        and _names(statement.get("Principal"), request)
        and all(conditions(statement.get("Condition", {}), asked))
    )


def _names(principal: Any, request: Request) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    account = {request.account_id, f"arn:aws:iam::{request.account_id}:root", "*"}
    mine = account | {request.arn, request.role_arn}
    return any(name in mine for name in listed(principal.get("AWS", ())) if name)


def age(since: dt.datetime | None, now: dt.datetime) -> float | None:
    """Seconds since ``since``; None when there is no such time."""
    return None if since is None else (now - since).total_seconds()
