"""CloudTrail's public keys: asked for once, then kept, so that a copy can be proven offline.

The file is what every proof rests on: readable and writable by its owner alone.
"""

import base64
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from baseline.errors import BaselineError, LogFileError

# Region, and the period for which keys are wanted; the answer is fingerprint to DER.
Ask = Callable[[str, datetime, datetime], dict[str, bytes]]

# A key is changed now and then: also that of the hours around belongs to a period.
_AROUND = timedelta(hours=2)
# There was no CloudTrail before.
_FIRST = datetime(2013, 1, 1, tzinfo=UTC)


class PublicKeys:
    """Keys by region and fingerprint, from the file ``cache`` or from whom ``ask`` asks."""

    def __init__(self, cache: Path, ask: Ask) -> None:
        self._cache = cache
        self._ask = ask
        self._known = _load(cache)
        self._asked: set[tuple[str, datetime, datetime]] = set()
        self._refused: dict[str, BaselineError] = {}
        self._lock = threading.Lock()
        self._last = datetime.now(UTC) + timedelta(days=1)

    def find(
        self, region: str, fingerprint: str, period: tuple[datetime, datetime]
    ) -> bytes | None:
        """The key; None when CloudTrail has none like it for the period.

        Of a period that never was, as anybody may write it into a digest, the nearest hours count.
        Raises an AwsError or CredentialsError when that cannot be asked.
        """
        with self._lock:
            if fingerprint not in self._known.get(region, {}):
                start, end = (min(max(time, _FIRST), self._last) for time in period)
                self._learn(region, start - _AROUND, end + _AROUND)
            return self._known.get(region, {}).get(fingerprint)

    def _learn(self, region: str, start: datetime, end: datetime) -> None:
        """Ask, but never the same again."""
        if region in self._refused:
            raise self._refused[region]
        if (region, start, end) in self._asked:
            return
        self._asked.add((region, start, end))
        try:
            found = self._ask(region, start, end)
        except BaselineError as error:
            self._refused[region] = error
            raise
        self._known.setdefault(region, {}).update(found)
        self._keep()

    def _keep(self) -> None:
        encoded = {
            place: {name: base64.b64encode(key).decode() for name, key in keys.items()}
            for place, keys in self._known.items()
        }
        part = self._cache.with_suffix(".part")
        try:
            self._cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(part, "w", encoding="utf-8", opener=_private) as out:
                json.dump(encoded, out, indent=1)
            part.replace(self._cache)
        except OSError as error:
            raise LogFileError(
                f"cannot be written: {error.strerror}", where=str(self._cache)
            ) from None


def default_cache() -> Path:
    """Where this user's keys are kept [XDG Base Directory Specification]."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "aws-baseline/cloudtrail-keys.json"


def of_cloudtrail(client: Callable[[str], Any]) -> Ask:
    """Ask ``cloudtrail:ListPublicKeys`` with the client that ``client`` gives for a region."""

    def ask(region: str, start: datetime, end: datetime) -> dict[str, bytes]:
        pages = client(region).get_paginator("list_public_keys")
        return {
            key["Fingerprint"]: key["Value"]
            for page in pages.paginate(StartTime=start, EndTime=end)
            for key in page["PublicKeyList"]
        }

    return ask


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _load(cache: Path) -> dict[str, dict[str, bytes]]:
    """What is kept; nothing when the file is not there, not ours, or cannot be understood."""
    try:
        status = cache.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            return {}
        found = json.loads(cache.read_bytes())
        return {
            region: {name: base64.b64decode(key) for name, key in keys.items()}
            for region, keys in found.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
