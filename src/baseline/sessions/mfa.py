"""MFA: whose device it is, and codes, each of which works once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from baseline.errors import CredentialsError, DeniedError, MfaError

if TYPE_CHECKING:
    from baseline.sessions.session import Session

T = TypeVar("T")

_AGAIN = "Give the device's serial number or ARN with --serial."


@dataclass(frozen=True)
class Code:
    """What a device showed. Never shown: ``repr`` hides it."""

    serial: str
    digits: str

    def __repr__(self) -> str:
        return f"Code({self.serial!r})"

    @property
    def parameters(self) -> dict[str, str]:
        """As the calls of STS name it."""
        return {"SerialNumber": self.serial, "TokenCode": self.digits}


@dataclass(frozen=True)
class Device:
    """A device, and who reads its codes.

    ``read`` is told what the code is for, and gives six digits, other ones each time. When STS
    refuses a code, ``tries`` says how many are asked for in all.
    """

    serial: str
    read: Callable[[str], str]
    tries: int = 1

    def sign(self, purpose: str, call: Callable[[Code], T]) -> T:
        """What ``call`` gives with a fresh code; raises MfaError when none is taken."""
        told = purpose
        for _ in range(self.tries - 1):
            try:
                return call(self._code(told))
            except MfaError as error:
                told = f"{purpose} ({error.what})"
        return call(self._code(told))

    def _code(self, purpose: str) -> Code:
        return Code(self.serial, self.read(purpose))


def find_serial(session: "Session") -> str:
    """The serial number of the one MFA device of the calling IAM user.

    Raises CredentialsError when there is none, or more than one, that shows codes.
    """
    try:
        pages = session.client("iam").get_paginator("list_mfa_devices").paginate()
        found = [device["SerialNumber"] for page in pages for device in page["MFADevices"]]
    except DeniedError as error:
        raise DeniedError(error.what, code=error.code, where=error.where, remedy=_AGAIN) from error
    # Security keys sign; they have no codes that STS would take [IAM User Guide, FIDO2].
    showing = [serial for serial in found if ":u2f/" not in serial]
    if len(showing) > 1:
        raise CredentialsError(
            f"{session.arn} has several MFA devices: {', '.join(sorted(showing))}", remedy=_AGAIN
        )
    if not showing:
        kind = "no MFA device but security keys, which show no codes" if found else "no MFA device"
        raise CredentialsError(
            f"{session.arn} has {kind}",
            remedy="Add a virtual device in the IAM console (Security credentials), or leave -m"
            " out.",
        )
    return str(showing[0])
