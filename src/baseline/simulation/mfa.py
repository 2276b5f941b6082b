"""MFA codes: real TOTP over the seed of a user's virtual device, each code once."""

import threading
from typing import Any

import pyotp
from moto.iam.models import iam_backends

from baseline.simulation.clock import Clock
from baseline.simulation.service import Refusal

STEP_SECONDS = 30
# AWS accepts the code before and after, for clocks that differ.
_WINDOW = (0, -1, 1)

_WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
_NO_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)


class MfaCodes:
    """Checks codes, and remembers the last one of each device."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.used: dict[str, int] = {}

    def check(self, user: Any, account_id: str, serial: str, code: str) -> None:
        """Accept a code of the user's device; raises Refusal when it is wrong or was used."""
        device = iam_backends[account_id]["aws"].virtual_mfa_devices.get(serial)
        if user is None or device is None or serial not in user.mfa_devices:
            raise Refusal("AccessDenied", _NO_DEVICE, 403)
        with self._lock:
            step = self._step(device.base32_string_seed, code)
            if step is None or step <= self.used.get(serial, 0):
                raise Refusal("AccessDenied", _WRONG, 403)
            self.used[serial] = step

    def current(self, account_id: str, serial: str) -> str:
        """The code that the device shows now."""
        device = iam_backends[account_id]["aws"].virtual_mfa_devices[serial]
        return str(pyotp.TOTP(device.base32_string_seed).at(self._clock.now()))

    def _step(self, seed: str, code: str) -> int | None:
        now = int(self._clock.now().timestamp()) // STEP_SECONDS
        for step in (now + offset for offset in _WINDOW):
            if pyotp.TOTP(seed).at(step * STEP_SECONDS) == code:
                return step
        return None
