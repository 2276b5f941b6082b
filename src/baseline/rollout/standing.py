"""What was found and cannot be brought to what is wanted: refused before anything is done. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baseline import templates
from baseline.errors import ConfigurationError
from baseline.organization import Target
from baseline.rollout import delegation, service_managed
from baseline.rollout.adoption import AUDITING, MAIN, MEMBERS
from baseline.rollout.catalogue import VPC, Baseline, Part
from baseline.rollout.delegation import Delegated
from baseline.rollout.intended import Where, resolved
from baseline.rollout.state import StackSetState, StackState, State, Unknown
from baseline.rollout.steps import Kind, Step

_CURRENT = "CURRENT"  # status of an instance that is as its StackSet says
# A stack in one of these states has nothing.
_EMPTY = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE")


def check_home(state: State) -> None:
    """Refuse a second baseline beside the first: they would fight over roles and recorders."""
    for region in state.elsewhere:
        raise ConfigurationError(
            f"the baseline is there already with home region {region}, which cannot be changed",
            where="home_region",
            remedy=f"Take the baseline.yaml of that baseline, or write home_region: {region} into "
            "this one; only to move, remove the baseline first.",
        )


def check_prefix(baseline: Baseline, state: State) -> None:
    """Refuse new names: they would leave the old buckets behind, and the logs in them."""
    for found in (*state.stacks.values(), *state.stack_sets.values()):
        if isinstance(found, Unknown) or found.owner != baseline.organization.id:
            continue
        prefix = found.parameters.get("Prefix", baseline.prefix)
        if prefix != baseline.prefix:
            raise ConfigurationError(
                f"the baseline is there already with prefix {prefix}, which cannot be changed",
                where="prefix",
                remedy=f"Write prefix: {prefix}; for another, remove the baseline first.",
            )


def check_networks(baseline: Baseline, state: State) -> None:
    """Refuse other addresses for a network that is there: it would be made anew, and empty."""
    found = state.stack_sets.get(VPC)
    if found is None:
        return
    wanted = dict(_networks(templates.parse(baseline.stack_set(VPC).body)))
    for target, before in _networks(found.template):
        after = wanted.get(target, before)
        if target in found.instances and after != before:
            raise ConfigurationError(
                f"the network {before} of {target} is there already, and would become {after}",
                where=VPC,
                remedy="Keep the order of vpc.accounts and vpc.regions, and add at their ends; or "
                f"first: baseline rollout remove --only {VPC} --account {target.account_id} "
                f"--region {target.region}",
            )


def check_adopted(baseline: Baseline, state: State) -> None:
    """Refuse to adopt what the baseline itself has made: leaving it out would delete it."""
    for part, resource in _kept(baseline):
        if made(state, part, resource):
            raise _made_here(part.target, resource, state.adopting.get(part))


def _made_here(
    target: Target, resource: str, stack: StackState | Unknown | None
) -> ConfigurationError:
    if not isinstance(stack, Unknown):
        return ConfigurationError(
            f"the {resource} of {target} was made by the baseline, and adopting would delete it",
            where="adopt",
            remedy=f"Take {target} out of adopt.",
        )
    return ConfigurationError(
        f"whether the baseline made the {resource} of {target} could not be seen ({stack.cause}); "
        "if it did, adopting would delete it",
        where="adopt",
        remedy=f"Take {target} out of adopt, or make its stacks readable. {stack.remedy}".rstrip(),
    )


def in_doubt(
    baseline: Baseline, stack_sets: Mapping[str, StackSetState], loose: Mapping[Part, str]
) -> Iterator[tuple[Part, str]]:
    """The stacks, by their ids, where something is adopted and no StackSet says enough of them."""
    for part, _ in _kept(baseline):
        found = stack_sets.get(part.name)
        instance = found.instances.get(part.target) if found else None
        if part in loose:
            yield part, loose[part]
        elif instance and instance.status != _CURRENT:
            yield part, instance.stack_id


def made(state: State, part: Part, resource: str) -> bool:
    """Whether the baseline made ``resource`` in an instance, as far as can be told."""
    if part in state.loose and isinstance(_stack_of(state, part), Unknown):
        return True
    return any(resource in _made(told, part.target) for told in _told(state, part))


def _told(state: State, part: Part) -> tuple[StackSetState | StackState, ...]:
    """What says what an instance may have made; nothing, where it is known to have made nothing.

    One that is current is as its StackSet says. Else an update may have failed, or never begun:
    then its own stack knows, unless that stands somewhere between two templates, or was not seen.
    """
    stack = _stack_of(state, part)
    if part in state.loose:  # which no StackSet has
        return (stack,) if isinstance(stack, StackState) else ()
    found = state.stack_sets.get(part.name)
    instance = found.instances.get(part.target) if found else None
    if found is None or instance is None:
        return ()
    if instance.status == _CURRENT:
        return (found,)
    if isinstance(stack, Unknown):
        return (found,)
    if stack is None or stack.status in _EMPTY:
        return ()
    return (stack,) if stack.status.endswith("_COMPLETE") else (found, stack)


def _stack_of(state: State, part: Part) -> StackState | Unknown | None:
    return state.adopting.get(part, Unknown("nobody looked"))


def _kept(baseline: Baseline) -> Iterator[tuple[Part, str]]:
    """What is adopted: each instance that may have made it, and the resource it would be.

    Also that of a StackSet which is about to give its stacks up: the other takes them in.
    """
    adopted = baseline.adopted
    for name in service_managed.namesakes(AUDITING):
        for recorder in sorted(adopted.recorders):
            yield Part(name, recorder), "ConfigurationRecorder"
        for trail in sorted(adopted.trails):
            yield Part(name, trail), "Trail"
    for name in (MAIN, *service_managed.namesakes(MEMBERS)):
        for detector in sorted(adopted.detectors):
            yield Part(name, detector), "Detector"


def _made(found: StackSetState | StackState, target: Target) -> frozenset[str]:
    """The resources that a stack or a StackSet has made in ``target``, by its own template."""
    where = Where(target.account_id, target.region, "aws")
    return frozenset(resolved(found.template, found.parameters, where))


def _networks(template: Any) -> Iterator[tuple[Target, str]]:
    """The addresses in the mappings of the template ``vpc``."""
    for regions in template.get("Mappings", {}).values():
        for region, networks in regions.items():
            for account_id, network in networks.items():
                yield Target(account_id, region), network


def check_administrator(baseline: Baseline, state: State) -> None:
    """Refuse a second administrator of GuardDuty: an account has one, for good or for bad."""
    wanted = baseline.delegation.administrator if baseline.delegation else ""
    for region, found in sorted(state.delegated.items()):
        named = "" if isinstance(found, Unknown) else found.administrator
        if named and not wanted:
            raise ConfigurationError(
                f"{named} administers GuardDuty for the organization in {region}, whose accounts "
                "cannot be invited",
                where="guardduty.mode",
                remedy=f"Write mode: delegated-admin and administrator: '{named}'.",
            )
        if named and named != wanted:
            raise ConfigurationError(
                f"{named} administers GuardDuty for the organization in {region} already",
                where="guardduty.administrator",
                remedy=f"Write administrator: '{named}'; to change it, first, with that in "
                f"baseline.yaml: baseline rollout remove --only {delegation.NAME}; where the "
                "baseline has not named it: aws guardduty disable-organization-admin-account",
            )


def check_others(baseline: Baseline, state: State, regions: Iterable[str]) -> None:
    """Refuse to name another administrator where the main account would lose what is not ours."""
    wanted = baseline.delegation
    for region in sorted(regions):
        found = state.delegated.get(region)
        if wanted and isinstance(found, Delegated):
            delegation.check_others(wanted, region, found.invited)


def check_owners(baseline: Baseline, state: State, waves: Iterable[Iterable[Step]]) -> None:
    """Refuse what has the name of something in ``waves`` and belongs to somebody else."""
    for step in sorted((s for wave in waves for s in wave), key=lambda step: step.place):
        name = step.part.name
        if step.kind is Kind.STACK:
            _check_owner(baseline, str(step.part), state.stacks.get(step.part))
        else:
            _check_owner(baseline, f"StackSet {name}", state.stack_sets.get(name))


def _check_owner(
    baseline: Baseline, name: str, found: StackState | StackSetState | Unknown | None
) -> None:
    if isinstance(found, Unknown | None) or found.owner == baseline.organization.id:
        return
    owner = found.owner
    of = f"belongs to organization {owner}" if owner else "was not made by this roll-out"
    raise ConfigurationError(
        f"it is there already and {of}",
        where=name,
        remedy="Nothing was changed; delete or rename it, or use the right credentials.",
    )
