"""What is asked of the policy that keeps members from switching the baseline off."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from baseline.rollout import policies, protection, quotas
from baseline.rollout.coverage import Check, Doubtful, Missing, Place, require
from baseline.rollout.intended import Properties

KIND = "SERVICE_CONTROL_POLICY"
# Without spaces, as CloudFormation hands a policy on [Organizations User Guide, quotas].
_COMPACT = (",", ":")
_SHORTER = "Leave fewer accounts out: protection.ous can name the units that are to be bound."


def _wanted(place: Place) -> Properties:
    return place.intended(protection.NAME, "Policy")


def _enabled(place: Place) -> str:
    """Where the root does not let policies of the kind work, none does."""
    for root in place.ask("organizations", "list_roots")["Roots"]:
        working = [t["Type"] for t in root["PolicyTypes"] if t["Status"] == "ENABLED"]
        if KIND not in working:
            raise Missing(
                "service control policies are not enabled in the organization",
                f"aws organizations enable-policy-type --root-id {root['Id']} --policy-type {KIND}",
            )
    return "enabled"


def _found(place: Place) -> Any:
    """The policy with its content; raises Missing."""
    name = _wanted(place)["Name"]
    found = named(place, name)
    if found is None:
        raise Missing(f"no service control policy {name}")
    return place.ask("organizations", "describe_policy", PolicyId=found["Id"])["Policy"]


def named(place: Place, name: str) -> Any:
    """The service control policy with this name, in a few words; or None."""
    listed = place.ask("organizations", "list_policies", Filter=KIND)["Policies"]
    return next((policy for policy in listed if policy["Name"] == name), None)


def _content(place: Place) -> str:
    found, wanted = json.loads(_found(place)["Content"]), _wanted(place)["Content"]
    require(policies.differences(found, wanted, "the policy"))
    return f"{len(wanted['Statement'])} statements"


def _attached(place: Place) -> str:
    policy, wanted = _found(place)["PolicySummary"]["Id"], _wanted(place)["TargetIds"]
    answer = place.ask("organizations", "list_targets_for_policy", PolicyId=policy)
    there = {target["TargetId"] for target in answer["Targets"]}
    missing = [target for target in wanted if target not in there]
    if missing:
        raise Missing(
            f"not attached to {', '.join(missing)}",
            "; ".join(
                f"aws organizations attach-policy --policy-id {policy} --target-id {target}"
                for target in missing
            ),
        )
    return ", ".join(wanted)


def _fits(place: Place) -> str:
    size = len(json.dumps(_wanted(place)["Content"], separators=_COMPACT))
    quota = quotas.POLICY_CHARACTERS
    if size > quota.documented:
        raise Missing(
            f"the policy has {size:,} characters, and Organizations takes {quota.documented:,}",
            _SHORTER,
        )
    if quota.doubted and size > quota.doubted:
        raise Doubtful(
            f"the policy has {size:,} characters: AWS's page of quotas has said {quota.doubted:,}, "
            f"and it is {quota.documented:,} {quota.source}",
            f"{_SHORTER} Or deploy: that tells.",
        )
    return f"{size:,} characters"


def _room(place: Place) -> str:
    """Each root and unit has room for so many policies, FullAWSAccess among them."""
    name = _wanted(place)["Name"]
    for target in _wanted(place)["TargetIds"]:
        asked = {"TargetId": target, "Filter": KIND}
        found = place.ask("organizations", "list_policies_for_target", **asked)["Policies"]
        others = [policy for policy in found if policy["Name"] != name]
        quotas.check(place, quotas.POLICIES, len(others), 1)
    return "there is room"


def _checks(*looks: tuple[str, Callable[[Place], str]]) -> Iterator[Check]:
    return (Check("organizations", name, look) for name, look in looks)


CHECKS = tuple(
    _checks(
        ("policy type", _enabled),
        ("protection", _content),
        ("protection attached", _attached),
    )
)
# Before it is made.
QUESTIONS = tuple(
    _checks(
        ("policy type", _enabled),
        ("size of the policy", _fits),
        ("room for the policy", _room),
    )
)
