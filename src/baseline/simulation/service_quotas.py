"""Service Quotas: what an account has room for, where it is more or less than AWS's default."""

from typing import Any, ClassVar

from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

# Those that the roll-out asks for, with AWS's defaults.
_DEFAULTS = {
    ("cloudformation", "L-31709F13"): ("Stack sets per administrator account", 1000),
    ("s3", "L-DC2B2D3D"): ("Buckets", 10_000),
    ("vpc", "L-F678F1CE"): ("VPCs per Region", 5),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5),
}


class ServiceQuotas(Service):
    """Quotas as they apply to an account in a region; ``applied`` are others than the default."""

    name: ClassVar[str] = "service-quotas"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.applied: dict[tuple[str, str, str], float] = {}

    def apply(self, account_id: str, region: str, code: str, value: float) -> None:
        """Let an account have another quota in a region than by default."""
        self.applied[account_id, region, code] = value

    def get_service_quota(self, call: Call) -> Answer:
        """The quota that applies; without one of its own, as AWS does, it is not found."""
        asked = call.parameters
        value = self.applied.get((call.account_id, call.region, asked["QuotaCode"]))
        if value is None:
            raise _unknown()
        return _quota(asked, value)

    def get_aws_default_service_quota(self, call: Call) -> Answer:
        """AWS's default."""
        asked = call.parameters
        if (asked["ServiceCode"], asked["QuotaCode"]) not in _DEFAULTS:
            raise _unknown()
        return _quota(asked, _DEFAULTS[asked["ServiceCode"], asked["QuotaCode"]][1])


def _quota(asked: Answer, value: float) -> Answer:
    name = _DEFAULTS[asked["ServiceCode"], asked["QuotaCode"]][0]
    named = {"ServiceCode": asked["ServiceCode"], "QuotaCode": asked["QuotaCode"]}
    return {"Quota": named | {"QuotaName": name, "Value": float(value), "Unit": "None"}}


def _unknown() -> Refusal:
    return Refusal("NoSuchResourceException", "The request failed because the quota is unknown.")
