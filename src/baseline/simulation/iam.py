"""IAM, where moto differs: AWS's managed policies, MFA devices, and "myself" as the default."""

import functools
import json
from dataclasses import replace
from typing import Any, ClassVar

import pyotp
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from baseline.simulation.iam_reports import Reports
from baseline.simulation.mfa import STEP_SECONDS
from baseline.simulation.service import Call, Refusal

_MANAGED = "arn:aws:iam::aws:policy/"
_RESERVED = "/aws-service-role/"


class Iam(Reports):
    """Wraps moto's IAM."""

    name: ClassVar[str] = "iam"

    def attach_role_policy(self, call: Call) -> dict[str, Any]:
        """Attach a policy; one of AWS's is there as soon as it is named."""
        return self._with_managed(call)

    attach_user_policy = attach_group_policy = get_policy = attach_role_policy

    def create_role(self, call: Call) -> dict[str, Any]:
        """A role; below the path of service-linked roles services alone may make one."""
        if call.parameters.get("Path", "/").startswith(_RESERVED):
            raise Refusal("InvalidInput", f"Path {_RESERVED} is reserved for service-linked roles")
        return self.moto(call)

    def create_virtual_mfa_device(self, call: Call) -> dict[str, Any]:
        """A device with its seed in base32, as bytes."""
        made = self.moto(call)
        serial = made["VirtualMFADevice"]["SerialNumber"]
        device = iam_backends[call.account_id]["aws"].virtual_mfa_devices[serial]
        made["VirtualMFADevice"] |= {
            "Base32StringSeed": device.base32_string_seed.encode(),
            "QRCodePNG": device.qr_code_png,
        }
        return made

    def enable_mfa_device(self, call: Call) -> dict[str, Any]:
        """Tie a device to a user, given two codes in a row."""
        serial = call.parameters["SerialNumber"]
        device = iam_backends[call.account_id]["aws"].virtual_mfa_devices.get(serial)
        codes = tuple(call.parameters[f"AuthenticationCode{i}"] for i in (1, 2))
        if device and not _in_a_row(device.base32_string_seed, codes, call.time.timestamp()):
            raise Refusal(
                "InvalidAuthenticationCode", "Authentication code for device is not valid", 403
            )
        return self.moto(call)

    def get_user(self, call: Call) -> dict[str, Any]:
        """A user; the caller, when none is named."""
        return self.moto(_named(call))

    create_access_key = list_access_keys = list_mfa_devices = get_user

    def _with_managed(self, call: Call) -> dict[str, Any]:
        provide_managed_policy(call.account_id, call.parameters["PolicyArn"])
        return self.moto(call)


def provide_managed_policy(account_id: str, arn: str) -> None:
    """Let a policy of AWS's exist in an account: 1600 of them in each would cost seconds."""
    policies = iam_backends[account_id]["aws"].managed_policies
    data = _managed_policies().get(arn)
    if data is not None and arn not in policies:
        name = arn.rsplit("/", 1)[1]
        policies[arn] = AWSManagedPolicy.from_data(name, account_id, "aws", data)


@functools.cache
def _managed_policies() -> dict[str, dict[str, Any]]:
    found = json.loads(aws_managed_policies_data)
    return {f"arn:aws:iam::aws:policy{d['Path']}{name}": d for name, d in found.items()}


def _named(call: Call) -> Call:
    if call.parameters.get("UserName"):
        return call
    name = call.identity.get("userName")
    if name is None:
        raise Refusal(
            "ValidationError", "Must specify userName when calling with non-User credentials"
        )
    return replace(call, parameters={**call.parameters, "UserName": name})


def _in_a_row(seed: str, codes: tuple[str, ...], now: float) -> bool:
    totp = pyotp.TOTP(seed)
    steps = range(int(now) // STEP_SECONDS - 2, int(now) // STEP_SECONDS + 2)
    return any(
        codes == (totp.at(step * STEP_SECONDS), totp.at((step + 1) * STEP_SECONDS))
        for step in steps
    )
