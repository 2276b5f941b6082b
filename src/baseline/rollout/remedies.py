"""From CloudFormation's reasons to what a person can do about them. Pure."""

from baseline.organization import Target
from baseline.rollout import protection
from baseline.rollout.catalogue import EXECUTION_ROLE, MEMBERS, STORAGE, VPC, Baseline, Part
from baseline.rollout.service_managed import family

_PERMISSION = (
    "Allow {who} this action in that account, also in its service control policies; then deploy "
    "again."
)
# What a service is made by, where that is neither auditing nor GuardDuty's.
_STACK_SETS = {"iam": "audit-roles", "ec2": VPC, "organizations": protection.NAME}
_LATER = "Deploy again in a few minutes."

# What a reason holds, in lower case, and the remedy; the first that fits wins.
_REMEDIES = {
    "failed_import": "Mend the cause, then deploy again: the stack is taken in as it is.",
    "inoperable": "Delete the stack there by hand, then deploy twice: first the instance is "
    "given up, then it is made anew.",
    "resource-based policy": "The policy of the bucket or the key forbids it: deploy as one of "
    "protection.administrators.",
    "service control policy": "A service control policy forbids it: exempt {who}, or allow it "
    "there, then deploy again.",
    "denied": _PERMISSION,
    "not authorized": _PERMISSION,
    "throttl": _LATER,
    "rate exceeded": _LATER,
    "maxnumberof": "Somebody else's recorder or delivery channel is there: delete it or leave the "
    "account out, then deploy again.",
    "bucketalreadyowned": "The bucket of an earlier roll-out is there: import it into the stack, "
    "or empty and delete it, then deploy again.",
    "existing flow log": "A flow log cannot be changed: delete it in that account and region "
    "(aws ec2 delete-flow-logs), then deploy again.",
    "already exist": "Delete or rename what has that name there, then deploy again.",
    "not enabled cloudtrail": "Let CloudTrail into the organization: aws organizations "
    "enable-aws-service-access --service-principal cloudtrail.amazonaws.com; then deploy again.",
    "policytypenotenabled": "Let service control policies work: aws organizations "
    "enable-policy-type --root-id ROOT --policy-type SERVICE_CONTROL_POLICY; then deploy again.",
    "attachment_limit": "Detach a service control policy there that is not needed, then deploy "
    "again.",
    "cancelled": "Deploy again.",
    "suspended": "Nothing can be done in a suspended account.",
    "organizations access": "Let StackSets into the organization: aws cloudformation "
    "activate-organizations-access --region HOME_REGION; then deploy again.",
    "executionrole": "Deploy again; if it stays, check the stack stack-set-roles in that account.",
}
_OTHERWISE = "Mend the cause, then deploy again: only what failed is repeated."

# How AWS says that a role which was just made is not known everywhere yet: IAM is eventually
# consistent [IAM User Guide, "Troubleshoot IAM"].
_YOUNG = (
    "with trust relationship",
    "cannot be assumed",
    "unable to assume",
    "invalid principal in policy",
)


def young(reason: str) -> bool:
    """Whether ``reason`` is what a role is refused with in its first minute."""
    lowered = reason.lower()
    return any(words in lowered for words in _YOUNG)


def anew(service: str, target: Target, baseline: Baseline) -> str:
    """What mends a service that is not as its stack made it.

    CloudFormation compares templates, so an update of what was changed by hand changes nothing.
    """
    if service in ("s3", "kms"):
        return (
            "Put it back by hand; what differs, says: baseline rollout verify --drift --only "
            f"{STORAGE}"
        )
    main = target.account_id == baseline.home.account_id
    guardduty = "guardduty-main" if main else MEMBERS
    name = (_STACK_SETS | {"guardduty": guardduty}).get(service, "auditing")
    return (
        f"Make it anew: baseline rollout remove --only {name} --account {target.account_id} "
        f"--region {target.region}, then: baseline rollout deploy"
    )


def put_back(part: Part, baseline: Baseline, *, keeps: bool = False) -> str:
    """What mends a resource that was changed by hand, for people and for CloudFormation.

    ``keeps``: it is there and keeps something, like a log group its events.
    """
    if keeps:
        return "Put it back by hand: made anew, it would lose what is in it."
    if not any(stack_set.name == part.name for stack_set in baseline.stack_sets):
        return "Put it back by hand."
    return (
        f"Put it back by hand, or make it anew: baseline rollout remove --only {family(part.name)} "
        f"--account {part.target.account_id} --region {part.target.region}, then: baseline rollout "
        "deploy"
    )


def remedy(reason: str, who: str = EXECUTION_ROLE) -> str:
    """What to do about ``reason``; ``who`` is whose permissions were used."""
    lowered = reason.lower()
    found = (text for word, text in _REMEDIES.items() if word in lowered)
    return next(found, _OTHERWISE).format(who=who)


# What GuardDuty says of an account that does not become a member, in lower case.
_MEMBERSHIP = {
    "organization master must first enable": "Deploy guardduty-main first, then again.",
    "associated member of another": "It has another administrator: in that account and region, aws "
    "guardduty disassociate-from-administrator-account --detector-id ID; then deploy again.",
    "added through organizations": "Write guardduty.mode: delegated-admin, or remove its "
    "administrator first.",
}


def membership(reason: str) -> str:
    """What to do about an account that GuardDuty did not take as a member."""
    lowered = reason.lower()
    found = (text for words, text in _MEMBERSHIP.items() if words in lowered)
    return next(found, _OTHERWISE)
