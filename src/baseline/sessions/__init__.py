"""The one door to AWS: who holds a Session knows that its account was checked.

Only this room imports boto3. Every client it hands out raises the errors of ``baseline.errors``,
so no other room knows botocore's.
"""

from baseline.sessions.broker import Broker, Grant
from baseline.sessions.session import Credentials, Session, Transport, open_session

__all__ = ["Broker", "Credentials", "Grant", "Session", "Transport", "open_session"]
