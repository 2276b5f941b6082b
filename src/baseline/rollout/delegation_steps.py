"""What is to be done so that GuardDuty is administered for the organization. Pure."""

from collections.abc import Callable, Iterable, Iterator

from baseline.rollout import delegation
from baseline.rollout.catalogue import Baseline
from baseline.rollout.delegation import Delegated
from baseline.rollout.state import State, Unknown
from baseline.rollout.steps import COMING, Action, Kind, Step

_Found = Delegated | Unknown


def steps(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """What leads to the delegation in each region, with its wave."""
    return _in_each_region(baseline, state, _step)


def removals(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """What takes the delegation away, or says why it is left, with its wave."""
    return _in_each_region(baseline, state, _removal)


def _in_each_region(
    baseline: Baseline, state: State, of: Callable[[Baseline, str, _Found], Step | None]
) -> Iterator[tuple[int, Step]]:
    """The steps with their waves: one region first, since at once all but one would fail."""
    wanted = baseline.delegation
    for region in wanted.accounts if wanted else ():
        step = of(baseline, region, state.delegated.get(region, Delegated()))
        if step:
            yield (3 if wanted and region == wanted.first else 4), step


def _step(baseline: Baseline, region: str, found: _Found) -> Step:
    part, wanted = baseline.delegated(region), baseline.delegation
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.DELEGATION, part, f"could not look: {found.cause}")
    words = "; ".join(delegation.differences(wanted, region, found)) if wanted else ""
    if not words:
        return Step(Action.SKIP, Kind.DELEGATION, part, "is as it should be")
    action = Action.UPDATE if found.administrator else Action.CREATE
    return Step(action, Kind.DELEGATION, part, words)


def _removal(baseline: Baseline, region: str, found: _Found) -> Step | None:
    part = baseline.delegated(region)
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.DELEGATION, part, f"could not look: {found.cause}")
    if found.administrator != part.target.account_id:
        return None
    left = delegation.why_left(baseline.delegation, found) if baseline.delegation else ""
    if left:
        return Step(Action.SKIP, Kind.DELEGATION, part, left)
    return Step(Action.DELETE, Kind.DELEGATION, part, "is removed; GuardDuty stays on in members")


def delegating(waves: Iterable[Iterable[Step]]) -> set[str]:
    """The regions in which an administrator of GuardDuty is named, or told."""
    told = (s for wave in waves for s in wave if s.kind is Kind.DELEGATION)
    return {s.part.target.region for s in told if s.action in COMING}
