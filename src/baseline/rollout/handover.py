"""From invitations to a delegated administrator, without losing a detector or a finding. Pure.

CloudFormation deletes what leaves a template: it would let members go and switch GuardDuty off. So
there is a stage before, in which the stacks are told to keep what they made; only when that is so
everywhere, the stacks let go of it, and the administrator is named. Members of an administrator
who invited them stay its members when it is delegated [GuardDuty user guide, "Managing accounts
with AWS Organizations"].
"""

from collections.abc import Iterator
from dataclasses import replace

from baseline import templates
from baseline.rollout import delegation, inviting, service_managed
from baseline.rollout.catalogue import MEMBERS, Baseline, StackSet
from baseline.rollout.state import InstanceState, StackSetState, State

NAMES = (inviting.FIRST, MEMBERS, delegation.NAME)
REASON = "is told to keep what it made, so that GuardDuty keeps members, detectors and findings"
_CURRENT = InstanceState("CURRENT", "SUCCEEDED", "")
_MEMBER, _MASTER = "AWS::GuardDuty::Member", "AWS::GuardDuty::Master"
_DETECTOR = "AWS::GuardDuty::Detector"


def stage(baseline: Baseline, state: State) -> Baseline | None:
    """What has to be rolled out first; None when nothing would be lost as it is."""
    if baseline.delegation is None:
        return None
    stack_sets = tuple(_kept(baseline, state))
    if all(_is_so(wanted, state.stack_sets[wanted.name]) for wanted in stack_sets):
        return None
    return replace(baseline, stacks=(), stack_sets=stack_sets, warnings=(), delegation=None)


def before(stage: Baseline, state: State) -> State:
    """What concerns the stage, of what was found."""
    stack_sets = {s.name: state.stack_sets[s.name] for s in stage.stack_sets}
    return State({}, stack_sets, adopting=state.adopting)


def after(stage: Baseline, state: State) -> State:
    """What is found once the stage is done."""
    done = {
        s.name: replace(
            state.stack_sets[s.name],
            template=templates.parse(s.body),
            instances=dict.fromkeys(s.targets, _CURRENT),
        )
        for s in stage.stack_sets
    }
    return replace(state, stack_sets={**state.stack_sets, **done})


def warning(baseline: Baseline) -> str:
    """What it comes to, in words."""
    assert baseline.delegation  # else there is no handover
    administrator, main = baseline.delegation.administrator, baseline.delegation.main
    how = (
        "members stay members all the while"
        if administrator == main
        else f"members leave {main} in each region right before {administrator} takes them in"
    )
    return (
        f"GuardDuty goes over from invitations to the administrator {administrator}, and cannot go "
        "back: first the stacks are told to keep what they made, then they let go of it. "
        f"Detectors and findings stay; {how}."
    )


def _kept(baseline: Baseline, state: State) -> Iterator[StackSet]:
    """The StackSets that hold members, or the members' side, as they are and with it kept.

    One without a stack has nothing to keep, and goes with the plan itself.
    """
    active = {a.id for a in baseline.organization.active}
    for name, found in state.stack_sets.items():
        kinds = _kinds(name)
        types = {r["Type"] for r in found.template.get("Resources", {}).values()}
        targets = frozenset(t for t in found.instances if t.account_id in active)
        if found.owner != baseline.organization.id or types.isdisjoint(kinds) or not targets:
            continue
        yield StackSet(
            name=name,
            body=templates.kept(found.template, kinds),
            parameters=found.parameters,
            targets=targets,
            wave=2,
            managed=baseline.stack_set(name).managed,
        )


def _kinds(name: str) -> frozenset[str]:
    """The types of resources of a StackSet that are GuardDuty's own from now on."""
    if service_managed.family(name) == MEMBERS:
        return frozenset((_DETECTOR, _MASTER))
    return frozenset((_MEMBER,)) if inviting.invites(name) else frozenset()


def _is_so(wanted: StackSet, found: StackSetState) -> bool:
    return templates.parse(wanted.body) == found.template and all(
        found.instances[target].status == "CURRENT" for target in wanted.targets
    )
