"""Trust policies: who may assume a role, under which conditions.

An operator or a condition key that is not known here never lets anybody in.
"""

import datetime as dt
import fnmatch
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ACTIONS = {"sts:assumerole", "sts:*", "*"}


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
        statements = _many(json.loads(policy).get("Statement", ()))
    except (ValueError, AttributeError):
        return False
    matching = [s.get("Effect") for s in statements if _matches(s, request)]
    return "Allow" in matching and "Deny" not in matching


def _matches(statement: Mapping[str, Any], request: Request) -> bool:
    actions = {str(action).lower() for action in _many(statement.get("Action", ()))}
    return (
        bool(actions & _ACTIONS)
        and _names(statement.get("Principal"), request)
        and all(
            _holds(operator, keys, request.context)
            for operator, keys in statement.get("Condition", {}).items()
        )
    )


def _names(principal: Any, request: Request) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    account = {request.account_id, f"arn:aws:iam::{request.account_id}:root", "*"}
    mine = account | {request.arn, request.role_arn}
    return any(name in mine for name in _many(principal.get("AWS", ())) if name)


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    name, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    if name == "Null":
        return all(
            (key.lower() not in context) == (str(wanted).lower() == "true")
            for key, wanted in keys.items()
        )
    compare = _OPERATORS.get(name)
    negated = name in _NEGATED
    for key, wanted in keys.items():
        got = context.get(key.lower())
        if got is None:
            if not (if_exists or negated):
                return False
        elif compare is None or any(compare(got, str(w)) for w in _many(wanted)) == negated:
            return False
    return True


def _less(got: str, wanted: str) -> bool:
    return float(got) < float(wanted)


def _at_most(got: str, wanted: str) -> bool:
    return float(got) <= float(wanted)


def _equal(got: str, wanted: str) -> bool:
    return got == wanted


def _same(got: str, wanted: str) -> bool:
    return got.lower() == wanted.lower()


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _same,
    "StringLike": fnmatch.fnmatchcase,
    "StringNotLike": fnmatch.fnmatchcase,
    "ArnEquals": fnmatch.fnmatchcase,
    "ArnLike": fnmatch.fnmatchcase,
    "ArnNotEquals": fnmatch.fnmatchcase,
    "ArnNotLike": fnmatch.fnmatchcase,
    "Bool": _same,
    "NumericLessThan": _less,
    "NumericLessThanEquals": _at_most,
}
_NEGATED = {"StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike"}


def _many(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def age(since: dt.datetime | None, now: dt.datetime) -> float | None:
    """Seconds since ``since``; None when there is no such time."""
    return None if since is None else (now - since).total_seconds()
