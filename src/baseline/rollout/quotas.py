"""What an account has room for: asked of Service Quotas, else what AWS documents."""

from dataclasses import dataclass

from baseline.errors import BaselineError
from baseline.rollout.coverage import Doubtful, Missing, Place

_NO_SUCH = ("NoSuchResourceException",)


@dataclass(frozen=True)
class Quota:
    """A quota of one service. ``documented`` is its default, and ``source`` where that is said.

    Without a ``code`` it cannot be asked for. Where sources disagree, ``doubted`` is the smaller
    number: what is beyond it AWS takes, or does not.
    """

    what: str
    documented: int
    source: str
    service: str = ""
    code: str = ""
    doubted: int | None = None


STACK_SETS = Quota(
    "StackSets", 1000, "CloudFormation User Guide, quotas", "cloudformation", "L-31709F13"
)
INSTANCES = Quota("instances of one StackSet", 100_000, "CloudFormation User Guide, quotas")
BUCKETS = Quota("buckets", 10_000, "Amazon S3 endpoints and quotas", "s3", "L-DC2B2D3D")
TRAILS = Quota("trails in a region", 5, "CloudTrail User Guide, quotas")
RULES = Quota("rules in a region", 1000, "AWS Config Developer Guide, service limits")
MEMBERS = Quota("members of GuardDuty", 50_000, "GuardDuty User Guide, quotas")
VPCS = Quota("VPCs in a region", 5, "Amazon VPC User Guide, quotas", "vpc", "L-F678F1CE")
ADDRESSES = Quota(
    "Elastic IP addresses in a region", 5, "Amazon EC2 User Guide, quotas", "ec2", "L-0263D0A3"
)
# AWS's own page of quotas [Organizations User Guide], as far as it could be read here, says 5 and
# 5,120. That AWS doubled both on 15 May 2026, in all partitions, is told by others [cevo.com.au
# "AWS doubled SCP limits"; sjramblings.io "AWS Just Doubled the SCP Quotas"].
_TOLD = "as is told since May 2026"
POLICIES = Quota("service control policies of a root or unit", 10, _TOLD, doubted=5)
POLICY_CHARACTERS = Quota("characters of a service control policy", 10_240, _TOLD, doubted=5_120)


def check(place: Place, quota: Quota, used: int, more: int) -> None:
    """Raise Missing when ``more`` beside ``used`` does not fit into ``quota``."""
    most, source = _value(place, quota)
    if used + more > most:
        raise Missing(
            f"{used} {quota.what} are there, {more} more are needed, and the quota is {most} "
            f"({source})",
            f"Ask for more: aws service-quotas request-service-quota-increase --service-code "
            f"{quota.service} --quota-code {quota.code} --desired-value {used + more} --region "
            f"{place.target.region}"
            if quota.code
            else "Delete what is not needed, or leave the account or region out.",
        )
    if quota.doubted is not None and used + more > quota.doubted:
        raise Doubtful(
            f"{used} {quota.what} are there and {more} more needed: AWS's page of quotas has said "
            f"{quota.doubted}, and it is {most} {source}",
            "Delete what is not needed, or deploy: that tells.",
        )


def _value(place: Place, quota: Quota) -> tuple[int, str]:
    """The quota and where it is from: what applies to the account, its default, or the text."""
    for operation in ("get_service_quota", "get_aws_default_service_quota") if quota.code else ():
        try:
            answer = place.ask(
                "service-quotas", operation, _NO_SUCH,
                ServiceCode=quota.service, QuotaCode=quota.code,
            )  # fmt: skip
        except BaselineError:
            break
        if answer is not None:
            return int(answer["Quota"]["Value"]), "Service Quotas"
    return quota.documented, quota.source
