"""STS that says no: roles, trust policies, MFA codes, durations and role chaining are checked."""

import datetime as dt
import re
import secrets
import string
from typing import TYPE_CHECKING, Any, ClassVar

from moto.iam.models import iam_backends

from baseline.simulation import identity, trust
from baseline.simulation.faults import denied
from baseline.simulation.identity import Identity
from baseline.simulation.issued import Issued
from baseline.simulation.service import Call, Refusal, Service

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/(?:[\w+=,.@-]+/)*([\w+=,.@-]{1,64})")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")

# Seconds [STS API: AssumeRole, GetSessionToken].
_SHORTEST = 900
_LONGEST_ROLE = 43200
_LONGEST_TOKEN = 129600
_CHAINED = 3600

_ALPHABET = string.ascii_uppercase + "234567"


class Sts(Service):
    """AssumeRole, GetSessionToken and GetCallerIdentity."""

    name: ClassVar[str] = "sts"

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)

    def get_caller_identity(self, call: Call) -> dict[str, Any]:
        """Who calls."""
        return {
            "UserId": call.identity["principalId"],
            "Account": call.account_id,
            "Arn": call.arn,
        }

    def assume_role(self, call: Call) -> dict[str, Any]:
        """Credentials of a role, if it is there and its trust policy lets the caller in."""
        asked = call.parameters
        seconds = _duration(asked, 3600, _LONGEST_ROLE)
        account_id, role = self._role(call)
        session_name = asked.get("RoleSessionName", "")
        if not _SESSION_NAME.fullmatch(session_name):
            raise _invalid("roleSessionName", session_name, "satisfy regular expression pattern")
        mfa_at = self._mfa(call)
        self._admit(call, role, mfa_at)
        self._check_duration(call, role, seconds)
        arn = f"arn:aws:sts::{account_id}:assumed-role/{role.name}/{session_name}"
        key = _access_key_id()
        record = identity.role_record(arn, role.id, key, since=call.time, mfa=mfa_at is not None)
        # A chained session starts without MFA, whatever the one before had.
        code_given = mfa_at if asked.get("TokenCode") else None
        issued = self._issue(Identity(account_id, arn, key, record), seconds, code_given)
        user = {"AssumedRoleId": record["principalId"], "Arn": arn}
        return {"Credentials": issued, "AssumedRoleUser": user}

    def get_session_token(self, call: Call) -> dict[str, Any]:
        """Temporary credentials of the calling IAM user, MFA-signed if a code is given."""
        seconds = _duration(call.parameters, 43200, _LONGEST_TOKEN)
        user = self._user(call)
        if user is None or self._temporary(call):
            raise Refusal(
                "AccessDenied", "Cannot call GetSessionToken with session credentials", 403
            )
        mfa_at = self._mfa(call)
        key = _access_key_id()
        record = identity.user_record(
            user, call.account_id, key, since=call.time, mfa=mfa_at is not None
        )
        caller = Identity(call.account_id, call.arn, key, record)
        return {"Credentials": self._issue(caller, seconds, mfa_at)}

    def _role(self, call: Call) -> tuple[str, Any]:
        """Account and role that are asked for; whatever is not there is denied, as AWS does."""
        arn = call.parameters["RoleArn"]
        found = _ROLE.fullmatch(arn)
        if found is None:
            raise Refusal("ValidationError", f"{arn} is invalid")
        account_id, name = found.groups()
        if account_id not in self.simulation.active_account_ids():
            raise denied(call, arn)
        for role in list(iam_backends[account_id]["aws"].roles.values()):
            if role.name == name and role.arn == arn:
                return account_id, role
        raise denied(call, arn)

    def _admit(self, call: Call, role: Any, mfa_at: dt.datetime | None) -> None:
        issuer = call.identity.get("sessionContext", {}).get("sessionIssuer", {})
        request = trust.Request(
            account_id=call.account_id,
            arn=call.arn,
            role_arn=issuer.get("arn", ""),
            organization_id=self.simulation.blueprint.organization_id,
            session_name=call.parameters["RoleSessionName"],
            long_term=not self._temporary(call),
            external_id=call.parameters.get("ExternalId"),
            mfa_age=trust.age(mfa_at, call.time),
        )
        if not trust.allows(role.assume_role_policy_document, request):
            raise denied(call, role.arn)

    def _check_duration(self, call: Call, role: Any, seconds: int) -> None:
        if self._temporary(call) and seconds > _CHAINED:
            raise Refusal(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                "assumed by role chaining",
            )
        if seconds > int(role.max_session_duration or _CHAINED):
            raise Refusal(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            )

    def _mfa(self, call: Call) -> dt.datetime | None:
        """When a code was given: now, or for the credentials that call; raises Refusal."""
        serial, code = (call.parameters.get(name) for name in ("SerialNumber", "TokenCode"))
        if serial or code:
            user = None if self._temporary(call) else self._user(call)
            self.simulation.mfa.check(user, call.account_id, serial or "", code or "")
            return call.time
        issued = self.simulation.issued.get(call.access_key_id)
        return issued.mfa_at if issued else None

    def _temporary(self, call: Call) -> bool:
        return "sessionContext" in call.identity

    def _user(self, call: Call) -> Any:
        for user in list(iam_backends[call.account_id]["aws"].users.values()):
            if user.arn == call.arn:
                return user
        return None

    def _issue(self, who: Identity, seconds: float, mfa_at: dt.datetime | None) -> dict[str, Any]:
        token = secrets.token_urlsafe(96)
        seconds = min(seconds, self.simulation.longest_session or seconds)
        expiration = self.simulation.clock.now() + dt.timedelta(seconds=seconds)
        self.simulation.issued.add(Issued(who, token, expiration, mfa_at))
        return {
            "AccessKeyId": who.access_key_id,
            "SecretAccessKey": secrets.token_urlsafe(30),
            "SessionToken": token,
            "Expiration": expiration.replace(microsecond=0),
        }


def _duration(parameters: dict[str, Any], default: int, longest: int) -> int:
    seconds = int(parameters.get("DurationSeconds") or default)
    if seconds < _SHORTEST:
        raise _invalid(
            "durationSeconds", seconds, f"have value greater than or equal to {_SHORTEST}"
        )
    if seconds > longest:
        raise _invalid("durationSeconds", seconds, f"have value less than or equal to {longest}")
    return seconds


def _invalid(member: str, value: Any, must: str) -> Refusal:
    said = f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
    return Refusal("ValidationError", f"1 validation error detected: {said}")


def _access_key_id() -> str:
    return "ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
