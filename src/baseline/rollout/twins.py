"""The two StackSets of one template, of which the second is service-managed. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from baseline.rollout import service_managed
from baseline.rollout.catalogue import StackSet
from baseline.rollout.extent import Extent
from baseline.rollout.service_managed import Automation, ServiceManaged


def both(extent: Extent, whole: StackSet, *after: str, alone: bool = True) -> Iterator[StackSet]:
    """The StackSet, and the service-managed one; ``whole`` is that of mode self-managed.

    ``after`` are the templates whose StackSets have to be done before. ``alone`` is whether an
    account can get it without anything being done in another.
    """
    main = frozenset(t for t in whole.targets if t.account_id == extent.main)
    own = main if extent.by_service else whole.targets
    yield replace(whole, targets=own)
    automation = Automation(
        alone,
        alone and extent.configuration.stack_sets.keep_on_leaving,
        tuple(map(service_managed.named, after)),
    )
    units = extent.units or (_root(extent),)
    others = whole.targets - own
    regions = frozenset(target.region for target in others)
    managed = ServiceManaged(units, _inside(extent, units), regions, automation)
    name = service_managed.named(whole.name)
    yield replace(whole, name=name, targets=others, managed=managed)


def _root(extent: Extent) -> str:
    return extent.organization.units.get("/", "")


def _inside(extent: Extent, units: tuple[str, ...]) -> frozenset[str]:
    """All members in units, also those of which StackSets should keep off."""
    return frozenset(
        a.id for a in extent.organization.members if not set(units).isdisjoint(a.parents)
    )
