"""Stacks of the baseline that no StackSet has: given up by one, and not taken in by another.

That is left behind where going over to service-managed StackSets, or back, was interrupted, and
where stacks stay in accounts that leave and come back. Reading changes nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from baseline.organization import Target
from baseline.parallel import Done, Failed, each
from baseline.rollout import service_managed
from baseline.rollout.catalogue import MEMBERS, Baseline, Part
from baseline.rollout.reach import Reach
from baseline.rollout.state import GOOD, StackSetState, Unknown, owner

# How StackSets names its stacks.
_OF_STACK_SET = re.compile(r"StackSet-(.+)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# An instance in one of these states may have no stack.
_UNMADE = ("FAILED", "CANCELLED", "PENDING")

StackSets = Mapping[str, StackSetState]


@dataclass(frozen=True)
class Loose:
    """The ids of the stacks, by the instance that each would be; and where nobody could look."""

    stacks: Mapping[Part, str] = field(default_factory=dict)
    unseen: Mapping[Target, Unknown] = field(default_factory=dict)


@dataclass(frozen=True)
class _Stack:
    """A stack of the baseline: of which StackSet it was, and whether it can be taken in."""

    stack_set: str
    id: str
    whole: bool


def read(reach: Reach, baseline: Baseline, stack_sets: StackSets, *, everywhere: bool) -> Loose:
    """The stacks in members that no StackSet has; ``everywhere`` also where none are expected."""
    ours = [s for s in stack_sets.values() if s.owner == baseline.organization.id]
    if not ours and not everywhere:
        return Loose()
    names = {stack_set.name for stack_set in baseline.stack_sets}
    ids = {i.stack_id for found in stack_sets.values() for i in found.instances.values()}

    def look(target: Target) -> list[_Stack]:
        client = reach.administer(target.account_id).client("cloudformation", target.region)
        found = client.get_paginator("describe_stacks").paginate().build_full_result()["Stacks"]
        return [
            _Stack(name[1], stack["StackId"], stack["StackStatus"] in GOOD)
            for stack in found
            if (name := _OF_STACK_SET.fullmatch(stack["StackName"]))
            and name[1] in names
            and stack["StackId"] not in ids
            and owner(stack) == baseline.organization.id
        ]

    missing = frozenset(_missing(baseline, stack_sets))
    stacks: dict[Part, str] = {}
    unseen: dict[Target, Unknown] = {}
    for outcome in each(sorted(_places(baseline, stack_sets, missing, everywhere)), look):
        match outcome:
            case Done(target, found):
                for stack in found:
                    part = baseline.instance(service_managed.family(stack.stack_set), target)
                    if everywhere or not (part in missing or _occupied(stack_sets, part)):
                        stacks[Part(stack.stack_set, target)] = stack.id
                    elif part in missing and stack.whole:
                        stacks[part] = stack.id
            case Failed(target, error):
                unseen[target] = Unknown(str(error), error.remedy)
    return Loose(stacks, unseen)


def _missing(baseline: Baseline, stack_sets: StackSets) -> Iterator[Part]:
    """The instances of members that are wanted, and that neither StackSet of a template has."""
    held = {
        (name, target)
        for name, found in stack_sets.items()
        for target, instance in found.instances.items()
        if instance.detail not in _UNMADE
    }
    for stack_set in baseline.stack_sets:
        for target in stack_set.targets:
            others = ((name, target) for name in service_managed.namesakes(stack_set.name))
            if target.account_id != baseline.home.account_id and held.isdisjoint(others):
                yield Part(stack_set.name, target)


def _places(
    baseline: Baseline,
    stack_sets: StackSets,
    missing: frozenset[Part],
    everywhere: bool,  # noqa: FBT001  # as its caller was told
) -> set[Target]:
    """Where to look: where something is missing; once stacks went over, also where none belong."""
    main = baseline.home.account_id
    wanted = {t for s in baseline.stack_sets for t in s.targets if t.account_id != main}
    places = {part.target for part in missing} | _without_member(baseline, stack_sets, wanted)
    managed = any(s.managed and s.targets for s in baseline.stack_sets)
    if everywhere or managed or any(found.managing for found in stack_sets.values()):
        places |= set(_left_out(baseline, stack_sets, everywhere))
    return places | wanted if everywhere else places


def _without_member(baseline: Baseline, stack_sets: StackSets, wanted: set[Target]) -> set[Target]:
    """Where ``guardduty-member`` may have left a stack, once an administrator has the members.

    It is wanted nowhere then; its StackSet stays for as long as it has left any.
    """
    there = [stack_sets[n] for n in service_managed.namesakes(MEMBERS) if n in stack_sets]
    if baseline.delegation is None or not there:
        return set()
    return wanted - {target for found in there for target in found.instances}


def _left_out(
    baseline: Baseline,
    stack_sets: StackSets,
    everywhere: bool,  # noqa: FBT001  # as its caller was told
) -> Iterator[Target]:
    """The accounts that are not chosen; and, of the others, the regions that were once."""
    regions = {target.region for s in baseline.stack_sets for target in s.targets}
    before = {target.region for found in stack_sets.values() for target in found.instances}
    keeping = frozenset[str]() if everywhere else _keeping(baseline, stack_sets)
    for account in baseline.organization.active:
        if account.id == baseline.home.account_id or account.id in keeping:
            continue
        for region in before - regions if account.id in baseline.chosen else before | regions:
            yield Target(account.id, region)


def _keeping(baseline: Baseline, stack_sets: StackSets) -> frozenset[str]:
    """The accounts outside the chosen OUs, where their stacks stay when they leave these."""
    managed = [s.managed for s in baseline.stack_sets if s.managed]
    automations = [m.automation for m in managed]
    automations += [s.managing.automation for s in stack_sets.values() if s.managing]
    if not any(automation.keeps_stacks for automation in automations):
        return frozenset()
    inside = {account_id for m in managed for account_id in m.inside}
    return frozenset(a.id for a in baseline.organization.members if a.id not in inside)


def _occupied(stack_sets: StackSets, part: Part) -> bool:
    """Whether a StackSet of the same template has an instance in the same place."""
    return any(
        part.target in stack_sets[name].instances
        for name in service_managed.namesakes(part.name)
        if name in stack_sets
    )
