"""Keys: what they are, and how they are replaced before they end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.credentials

from baseline.errors import BaselineError

# Seconds before the end when keys are replaced if it can be done in passing, and when everybody
# waits for new ones: botocore's own, and less for keys that do not live long.
_IN_PASSING, _URGENT = 15 * 60, 10 * 60
_AN_HOUR = 3600

# Seconds between two failed tries; children ask again at every call they make.
_REST = 10

# So close to their end keys are as good as ended: botocore looks at the clock once more.
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Credentials:
    """Keys, and when they end (None: never). Never shown: ``repr`` hides them."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expiration: datetime | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id[:4]}…)"

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Credentials":
        """The ``Credentials`` in an answer of STS."""
        return cls(
            answer["AccessKeyId"],
            answer["SecretAccessKey"],
            answer["SessionToken"],
            answer["Expiration"],
        )

    @property
    def ends(self) -> str:
        """When they end, as ISO 8601 in UTC; empty: never."""
        if self.expiration is None:
            return ""
        return self.expiration.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def fixed(self) -> botocore.credentials.Credentials:
        """For botocore, as they are."""
        return botocore.credentials.Credentials(
            self.access_key_id, self.secret_access_key, self.session_token
        )


def renewing(
    first: Credentials, fetch: Callable[[], Credentials], seconds: int
) -> botocore.credentials.RefreshableCredentials:
    """For botocore: ``first``, then in time what ``fetch`` gives, each to live ``seconds``.

    While ``fetch`` raises, the keys serve until they end; then its error is raised.
    """
    return botocore.credentials.RefreshableCredentials.create_from_metadata(
        metadata=_metadata(first),
        refresh_using=_Renewal(first, fetch),
        method="sts-assume-role",
        advisory_timeout=min(_IN_PASSING, seconds / 4),
        mandatory_timeout=min(_URGENT, seconds / 6),
    )


def ending(keys: Credentials, error: BaselineError) -> botocore.credentials.RefreshableCredentials:
    """For botocore: ``keys`` that nothing can renew; once they have ended ``error`` says so."""

    def fetch() -> Credentials:
        raise error

    return renewing(keys, fetch, _AN_HOUR)


class _Renewal:
    """Asked by botocore, by one thread at a time."""

    def __init__(self, first: Credentials, fetch: Callable[[], Credentials]) -> None:
        self._keys = first
        self._fetch = fetch
        self._failure: BaselineError | None = None
        self._next_try = 0.0

    def __call__(self) -> dict[str, Any]:
        if time.monotonic() >= self._next_try:
            self._try()
        assert self._keys.expiration
        if self._failure and self._keys.expiration <= datetime.now(UTC) + _MOMENT:
            raise self._failure
        return _metadata(self._keys)

    def _try(self) -> None:
        try:
            self._keys, self._failure = self._fetch(), None
        except BaselineError as error:
            self._failure = error
            self._next_try = time.monotonic() + _REST


def _metadata(keys: Credentials) -> dict[str, Any]:
    return {
        "access_key": keys.access_key_id,
        "secret_key": keys.secret_access_key,
        "token": keys.session_token,
        "expiry_time": keys.expiration.isoformat() if keys.expiration else None,
    }
