"""The credentials that STS handed out, until they expire."""

import datetime as dt
import threading
from dataclasses import dataclass

from baseline.simulation.clock import Clock
from baseline.simulation.identity import Identity
from baseline.simulation.service import Refusal


@dataclass(frozen=True)
class Issued:
    """Temporary credentials. ``mfa_at`` is when a code was given for them, None: never."""

    identity: Identity
    session_token: str
    expiration: dt.datetime
    mfa_at: dt.datetime | None = None


class IssuedCredentials:
    """All temporary credentials, by access key id; safe between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.by_key: dict[str, Issued] = {}

    def add(self, issued: Issued) -> None:
        """Keep what was handed out."""
        with self._lock:
            self.by_key[issued.identity.access_key_id] = issued

    def get(self, access_key_id: str) -> Issued | None:
        """What was handed out under this key, expired or not."""
        return self.by_key.get(access_key_id)

    def valid(self, access_key_id: str, session_token: str) -> Identity | None:
        """Whose temporary key this is; raises Refusal for a wrong token or when it has expired."""
        issued = self.by_key.get(access_key_id)
        if issued is None or issued.session_token != session_token:
            return None
        if issued.expiration <= self._clock.now():
            raise Refusal(
                "ExpiredToken", "The security token included in the request is expired", 403
            )
        return issued.identity
