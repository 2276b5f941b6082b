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
    expiration: dt.datetime
    mfa_at: dt.datetime | None = None


class IssuedSessions:
    """All temporary credentials, by access key id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.issued: dict[str, Issued] = {}
        self._lock = threading.Lock()

    def add(self, issued: Issued) -> None:
        """Keep what was handed out."""
        with self._lock:
            self.issued[issued.identity.access_key_id] = issued

    def find(self, access_key_id: str) -> Identity | None:
        """Whose temporary key this is; raises Refusal when it has expired."""
        issued = self.issued.get(access_key_id)
        if issued is None:
            return None
        if issued.expiration <= self._clock.now():
            raise Refusal(
                "ExpiredToken", "The security token included in the request is expired", 403
            )
        return issued.identity
