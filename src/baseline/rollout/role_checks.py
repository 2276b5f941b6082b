"""What is asked of the roles: who may assume them, and what they may do."""

from collections.abc import Iterator
from typing import Any

from baseline.rollout import policies
from baseline.rollout.catalogue import ROLES
from baseline.rollout.coverage import Check, Missing, Place, require, unlike
from baseline.rollout.intended import Properties

_AN_HOUR = 3600  # a role's session where nothing else is said [CreateRole]
_BY_HAND = (
    "Put it back by hand; what differs, says, in that account: "
    f"aws cloudformation detect-stack-drift --stack-name {ROLES}"
)


def role_check(what: str, stack: str, resource: str, remedy: str = "") -> Check:
    """Whether a role is as the template says, and nothing more was given to it."""

    def look(place: Place) -> str:
        wanted = place.intended(stack, resource)
        require(_problems(place, wanted, remedy), remedy)
        return str(wanted["RoleName"])

    return Check("iam", what, look)


def _problems(place: Place, wanted: Properties, remedy: str) -> Iterator[str]:
    name = wanted["RoleName"]
    answer = place.ask("iam", "get_role", ("NoSuchEntity",), RoleName=name)
    if answer is None:
        raise Missing(f"no role {name}", remedy)
    role = answer["Role"]
    session = wanted.get("MaxSessionDuration", _AN_HOUR)
    yield from unlike(role, {"MaxSessionDuration": session, "PermissionsBoundary": None})
    yield from policies.differences(
        role["AssumeRolePolicyDocument"], wanted["AssumeRolePolicyDocument"], "trust"
    )
    attached = place.ask("iam", "list_attached_role_policies", RoleName=name)["AttachedPolicies"]
    yield from _named(
        {policy["PolicyArn"] for policy in attached}, set(wanted.get("ManagedPolicyArns", ()))
    )
    yield from _inline(place, name, {p["PolicyName"]: p for p in wanted.get("Policies", ())})


def _inline(place: Place, role: str, wanted: Any) -> Iterator[str]:
    found = set(place.ask("iam", "list_role_policies", RoleName=role)["PolicyNames"])
    yield from _named(found, set(wanted))
    for name in sorted(found & set(wanted)):
        answer = place.ask("iam", "get_role_policy", RoleName=role, PolicyName=name)
        yield from policies.differences(
            answer["PolicyDocument"], wanted[name]["PolicyDocument"], name
        )


def _named(found: set[str], wanted: set[str]) -> Iterator[str]:
    yield from (f"has not {name}" for name in sorted(wanted - found))
    yield from (f"also has {name}" for name in sorted(found - wanted))


def _networks_policy(place: Place) -> str:
    """What lets StackSets make networks is as the template says."""
    wanted = place.intended(ROLES, "NetworksPolicy")
    arn = place.intended(ROLES, "ExecutionRole")["ManagedPolicyArns"][0]
    answer = place.ask("iam", "get_policy", ("NoSuchEntity",), PolicyArn=arn)
    if answer is None:
        raise Missing(f"no policy {wanted['ManagedPolicyName']}", _BY_HAND)
    version = answer["Policy"]["DefaultVersionId"]
    found = place.ask("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    document = found["PolicyVersion"]["Document"]
    require(policies.differences(document, wanted["PolicyDocument"], "the policy"), _BY_HAND)
    return str(wanted["ManagedPolicyName"])


AUDIT_ROLES = (
    role_check("audit role", "audit-roles", "SecurityAuditRole"),
    role_check("recorder's role", "audit-roles", "ConfigRecorderRole"),
    role_check("trail's role", "audit-roles", "CloudTrailLogsRole"),
)
EXECUTION_ROLE = role_check("execution role", ROLES, "ExecutionRole", _BY_HAND)
ADMINISTRATION_ROLE = role_check("administration role", ROLES, "AdministrationRole", _BY_HAND)
NETWORKS_POLICY = Check("iam", "networks policy", _networks_policy)
