"""What was found and cannot be brought to what is wanted: refused before anything is done. Pure."""

from collections.abc import Iterator
from typing import Any

from baseline import templates
from baseline.errors import ConfigurationError
from baseline.organization import Target
from baseline.rollout.catalogue import VPC, Baseline
from baseline.rollout.state import StackSetState, StackState, State, Unknown


def check_home(state: State) -> None:
    """Refuse a second baseline beside the first: they would fight over roles and recorders."""
    for region in state.elsewhere:
        raise ConfigurationError(
            f"the baseline is there already with home region {region}, which cannot be changed",
            where="home_region",
            remedy=f"Write home_region: {region}; to move, remove the baseline first.",
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


def _networks(template: Any) -> Iterator[tuple[Target, str]]:
    """The addresses in the mappings of the template ``vpc``."""
    for regions in template.get("Mappings", {}).values():
        for region, networks in regions.items():
            for account_id, network in networks.items():
                yield Target(account_id, region), network


def check_owner(
    baseline: Baseline, name: str, found: StackState | StackSetState | Unknown | None
) -> None:
    """Refuse what has the name of ours and belongs to somebody else."""
    if isinstance(found, Unknown | None) or found.owner == baseline.organization.id:
        return
    owner = found.owner
    of = f"belongs to organization {owner}" if owner else "was not made by this roll-out"
    raise ConfigurationError(
        f"it is there already and {of}",
        where=name,
        remedy="Nothing was changed; delete or rename it, or use the right credentials.",
    )
