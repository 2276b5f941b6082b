"""The time inside the simulation: the real one, until it is moved."""

import datetime as dt


class Clock:
    """Now, plus what ``advance`` added. Credentials and MFA codes go by it."""

    def __init__(self) -> None:
        self._ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        """The time in UTC, aware."""
        return dt.datetime.now(dt.UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` go by at once."""
        self._ahead += dt.timedelta(seconds=seconds)
