"""How often AWS was asked."""

import threading
from collections import Counter


class Calls:
    """Counts API calls by service: those of one session, and of all that it assumed.

    Each page of a list is a call; that botocore sends one again is not seen.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, service: str) -> None:
        """Count one call; may come from several threads."""
        with self._lock:
            self._counts[service] += 1

    def by_service(self) -> Counter[str]:
        """How many there were so far, by the service's name."""
        with self._lock:
            return self._counts.copy()
