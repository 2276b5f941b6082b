"""Sessions: an identity that was checked, and clients that speak our errors."""

import os
import threading
from collections.abc import Callable
from typing import Any

import boto3
import botocore.config
import botocore.credentials
import botocore.loaders
import botocore.session

from baseline.errors import CredentialsError
from baseline.sessions.calls import Calls
from baseline.sessions.credentials import Credentials, ending, renewing
from baseline.sessions.mfa import Code
from baseline.sessions.translate import translated

# Takes a prepared botocore request and answers it (botocore's ``before-send``): how a simulation
# stands in for the network inside one process.
Transport = Callable[..., Any]

CHAINED_SECONDS = 3600  # role chaining is limited to one hour [STS AssumeRole]

# Parsing the service models is most of what a client costs; they never change.
_MODELS = botocore.loaders.create_loader()
_CREATING = threading.Lock()

_NO_PROFILE = {"profile": (None, None, None, None)}


class Session:
    """What may be done in one account, as one identity.

    ``account_id`` and ``arn`` are what STS said, not what was asked for. ``calls`` are counted
    together with those of all sessions that it assumes.
    """

    def __init__(
        self,
        credentials: Any,
        region: str,
        transport: Transport | None = None,
        attempts: int | None = None,
        calls: Calls | None = None,
    ) -> None:
        # Behind a transport is no network: what a profile says about it does not matter there.
        core = botocore.session.Session(session_vars=_NO_PROFILE if transport else None)
        core.register_component("data_loader", _MODELS)
        core._credentials = credentials  # noqa: SLF001  # the one way to give refreshable ones
        self._boto = boto3.session.Session(botocore_session=core, region_name=region)
        self._source = credentials
        self._transport = transport
        self._attempts = attempts
        self.calls = calls or Calls()
        self._clients: dict[tuple[str, str], Any] = {}
        self.region = region
        identity = self.client("sts").get_caller_identity()
        self.account_id: str = identity["Account"]
        self.arn: str = identity["Arn"]

    def client(self, service: str, region: str | None = None) -> Any:
        """A client, made once for each service and region; safe to share between threads."""
        key = (service, region or self.region)
        with _CREATING:
            if key not in self._clients:
                self._clients[key] = self._make_client(*key)
            return self._clients[key]

    def credentials(self) -> Credentials:
        """The keys as they are now, renewed if they were about to end."""
        source = self._source
        with translated("credentials"):
            keys, ends = source.get_frozen_credentials(), None
        if hasattr(source, "_refresh_lock"):
            # Another thread may be renewing them: keys and their end belong together.
            with source._refresh_lock:  # noqa: SLF001  # botocore gives both only apart
                keys, ends = source._frozen_credentials, source._expiry_time  # noqa: SLF001  # as above
        return Credentials(keys.access_key, keys.secret_key, keys.token, ends)

    @property
    def temporary(self) -> bool:
        """Whether the keys end: those of a role, of SSO, or of GetSessionToken."""
        return self.credentials().session_token is not None

    def assume(
        self,
        account_id: str,
        role: str,
        *,
        external_id: str | None = None,
        seconds: int = CHAINED_SECONDS,
        name: str = "aws-baseline",
        code: Code | None = None,
    ) -> "Session":
        """The session of ``role`` in ``account_id``; it renews itself before it ends.

        With an MFA ``code``, which works once, it ends after ``seconds`` for good. Never falls
        back to this session: raises DeniedError or another AwsError instead, and CredentialsError
        when the answer, also when renewing, is of an account that was not asked for.
        """
        parameters: dict[str, Any] = {
            "RoleArn": f"arn:{self.partition}:iam::{account_id}:role/{role}",
            "RoleSessionName": name,
            "DurationSeconds": seconds,
        }
        if external_id:
            parameters["ExternalId"] = external_id

        def ask(signed: dict[str, str]) -> Credentials:
            answer = self.client("sts").assume_role(**parameters, **signed)
            _check_account(answer["AssumedRoleUser"]["Arn"], account_id)
            return Credentials.of(answer["Credentials"])

        def renew() -> Credentials:
            keys = ask({})
            self._checked(keys.fixed(), account_id)
            return keys

        if code is None:
            return self._checked(renewing(ask({}), renew, seconds), account_id)
        keys = ask(code.parameters)
        return self._checked(ending(keys, _signed_once(keys, role)), account_id)

    def _checked(self, credentials: Any, account_id: str) -> "Session":
        """The session of ``credentials``, once STS said that they are of ``account_id``."""
        other = Session(credentials, self.region, self._transport, calls=self.calls)
        if other.account_id != account_id:
            raise _other_account(other.arn, account_id)
        return other

    def signed_in(self, seconds: int, code: Code | None = None) -> "Session":
        """The same identity with keys that end after ``seconds``, signed with MFA by ``code``.

        Raises CredentialsError when this session's keys are temporary: GetSessionToken takes only
        the keys of an IAM user, and so does every MFA code [STS GetSessionToken].
        """
        refuse_temporary(self)
        signed = code.parameters if code else {}
        answer = self.client("sts").get_session_token(DurationSeconds=seconds, **signed)
        keys = Credentials.of(answer["Credentials"])
        return self._checked(ending(keys, _signed_once(keys, self.arn)), self.account_id)

    @property
    def partition(self) -> str:
        """aws, aws-cn or aws-us-gov."""
        return self.arn.split(":")[1]

    def _make_client(self, service: str, region: str) -> Any:
        where = f"{service} in {region}"
        with translated(where):
            client = self._boto.client(
                service, region_name=region, config=_configuration(self._attempts)
            )
        if self._transport:
            client.meta.events.register("before-send", self._transport)
        _speak_our_errors(client, lambda: getattr(self, "account_id", ""), region, self.calls)
        return client


def open_session(
    profile: str | None = None, region: str | None = None, transport: Transport | None = None
) -> Session:
    """The caller's own session, from a profile or from where AWS tools look by themselves.

    Raises CredentialsError when there are none, or they have expired.
    """
    with translated("credentials"):
        core = botocore.session.Session(profile=profile)
        core.register_component("data_loader", _MODELS)
        credentials = core.get_credentials()
        region = region or core.get_config_variable("region") or "us-east-1"
    if credentials is None:
        raise CredentialsError(
            "no AWS credentials were found",
            remedy="Export AWS_PROFILE or AWS_ACCESS_KEY_ID, or give --profile.",
        )
    return Session(credentials, region, transport)


def _configuration(attempts: int | None = None) -> botocore.config.Config:
    attempts = attempts or int(os.environ.get("AWS_MAX_ATTEMPTS") or 5)
    return botocore.config.Config(
        retries={"mode": "standard", "total_max_attempts": max(1, attempts)},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=32,
        user_agent_extra="aws-baseline",
    )


def _speak_our_errors(client: Any, account: Callable[[], str], region: str, calls: Calls) -> None:
    """Make every call of ``client``, also a paginator's, count, and raise our errors with place."""
    call = client._make_api_call  # noqa: SLF001  # every operation goes through it
    service = client.meta.service_model.service_name

    def translating(operation: str, parameters: Any) -> Any:
        calls.add(service)
        place = " ".join(part for part in (account(), region) if part)
        with translated(f"{place} {service}:{operation}"):
            return call(operation, parameters)

    client._make_api_call = translating  # noqa: SLF001  # as above


def _check_account(arn: str, account_id: str) -> None:
    if arn.split(":")[4] != account_id:
        raise _other_account(arn, account_id)


def refuse_temporary(session: Session) -> None:
    """Raise CredentialsError unless the session has the keys of an IAM user."""
    if session.temporary:
        raise CredentialsError(
            f"the credentials are temporary already ({session.arn}), and an MFA code can only be"
            " given with an IAM user's own access keys",
            remedy="With these, roles are renewed by themselves, without -m; for new ones name the"
            " profile of your IAM user with --profile.",
        )


def _signed_once(keys: Credentials, who: str) -> CredentialsError:
    return CredentialsError(
        f"the session of {who} ended at {keys.ends}, and a new one needs a new MFA code",
        remedy="Sign in again with -m, and go on; -d makes it longer.",
    )


def _other_account(arn: str, account_id: str) -> CredentialsError:
    return CredentialsError(
        f"asked for account {account_id} and got {arn}",
        where="sts:AssumeRole",
        remedy="Nothing was done there; check the role and the endpoint.",
    )
