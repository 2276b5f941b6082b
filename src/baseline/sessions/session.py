"""Sessions: an identity that was checked, and clients that speak our errors."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import botocore.config
import botocore.credentials
import botocore.loaders
import botocore.session

from baseline.errors import CredentialsError
from baseline.sessions.translate import translated

# Takes a prepared botocore request and answers it (botocore's ``before-send``): how a simulation
# stands in for the network inside one process.
Transport = Callable[..., Any]

CHAINED_SECONDS = 3600  # role chaining is limited to one hour [STS AssumeRole]

# Parsing the service models is most of what a client costs; they never change.
_MODELS = botocore.loaders.create_loader()
_CREATING = threading.Lock()

_NO_PROFILE = {"profile": (None, None, None, None)}


@dataclass(frozen=True)
class Credentials:
    """Keys, and when they end (None: never). Never shown: ``repr`` hides them."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expiration: datetime | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id[:4]}…)"


class Session:
    """What may be done in one account, as one identity.

    ``account_id`` and ``arn`` are what STS said, not what was asked for.
    """

    def __init__(
        self,
        credentials: Any,
        region: str,
        transport: Transport | None = None,
        attempts: int | None = None,
    ) -> None:
        # Behind a transport is no network: what a profile says about it does not matter there.
        core = botocore.session.Session(session_vars=_NO_PROFILE if transport else None)
        core.register_component("data_loader", _MODELS)
        core._credentials = credentials  # noqa: SLF001  # the one way to give refreshable ones
        self._boto = boto3.session.Session(botocore_session=core, region_name=region)
        self._source = credentials
        self._transport = transport
        self._attempts = attempts
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
        with translated("credentials"):
            frozen = self._source.get_frozen_credentials()
        return Credentials(
            frozen.access_key,
            frozen.secret_key,
            frozen.token,
            getattr(self._source, "_expiry_time", None),
        )

    def assume(
        self,
        account_id: str,
        role: str,
        *,
        external_id: str | None = None,
        seconds: int = CHAINED_SECONDS,
        name: str = "aws-baseline",
    ) -> "Session":
        """The session of ``role`` in ``account_id``; it renews itself before it ends.

        Never falls back to this session: raises DeniedError or another AwsError instead, and
        CredentialsError when STS answers with an account that was not asked for.
        """
        arn = f"arn:{self.partition}:iam::{account_id}:role/{role}"
        parameters: dict[str, Any] = {
            "RoleArn": arn,
            "RoleSessionName": name,
            "DurationSeconds": seconds,
        }
        if external_id:
            parameters["ExternalId"] = external_id

        def fetch() -> dict[str, Any]:
            answer = self.client("sts").assume_role(**parameters)
            _check_account(answer["AssumedRoleUser"]["Arn"], account_id)
            keys = answer["Credentials"]
            return {
                "access_key": keys["AccessKeyId"],
                "secret_key": keys["SecretAccessKey"],
                "token": keys["SessionToken"],
                "expiry_time": keys["Expiration"].isoformat(),
            }

        credentials = botocore.credentials.RefreshableCredentials.create_from_metadata(
            metadata=fetch(), refresh_using=fetch, method="sts-assume-role"
        )
        assumed = Session(credentials, self.region, self._transport)
        if assumed.account_id != account_id:
            raise _other_account(assumed.arn, account_id)
        return assumed

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
        _speak_our_errors(client, lambda: getattr(self, "account_id", ""), region)
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


def _speak_our_errors(client: Any, account: Callable[[], str], region: str) -> None:
    """Make every call of ``client``, also a paginator's, raise our errors with their place."""
    call = client._make_api_call  # noqa: SLF001  # every operation goes through it
    service = client.meta.service_model.service_name

    def translating(operation: str, parameters: Any) -> Any:
        place = " ".join(part for part in (account(), region) if part)
        with translated(f"{place} {service}:{operation}"):
            return call(operation, parameters)

    client._make_api_call = translating  # noqa: SLF001  # as above


def _check_account(arn: str, account_id: str) -> None:
    if arn.split(":")[4] != account_id:
        raise _other_account(arn, account_id)


def _other_account(arn: str, account_id: str) -> CredentialsError:
    return CredentialsError(
        f"asked for account {account_id} and got {arn}",
        where="sts:AssumeRole",
        remedy="Nothing was done there; check the role and the endpoint.",
    )
