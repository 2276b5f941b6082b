"""The one door to AWS: who holds a Session knows that its account was checked.

Only this room imports boto3. Every client it hands out raises the errors of ``baseline.errors``,
so no other room knows botocore's.
"""

from baseline.sessions import profiles, surroundings
from baseline.sessions.broker import Broker, Grant
from baseline.sessions.credentials import Credentials
from baseline.sessions.mfa import Code, Device, find_serial
from baseline.sessions.reader import Fetched, Reader
from baseline.sessions.regions import known_regions
from baseline.sessions.session import (
    CHAINED_SECONDS,
    Session,
    Transport,
    open_session,
    refuse_temporary,
)

__all__ = [
    "CHAINED_SECONDS",
    "Broker",
    "Code",
    "Credentials",
    "Device",
    "Fetched",
    "Grant",
    "Reader",
    "Session",
    "Transport",
    "find_serial",
    "known_regions",
    "open_session",
    "profiles",
    "refuse_temporary",
    "surroundings",
]
