"""A plan in a file: what was shown, and from what it was made, so that nothing else is applied.

JSON; a digest stands for what is wanted and for what was found, so that neither templates nor
parameters are in the file. It holds names of stacks, ids of accounts, and reasons. The digests have
no key: they show what has changed by itself, not what somebody forged who may write the file.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from baseline.errors import UsageError
from baseline.organization import Target
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.choice import Choice
from baseline.rollout.state import StackSetState, State
from baseline.rollout.steps import Plan, Step

_KIND, _VERSION = "baseline rollout plan", 1
_AGAIN = "Make a new plan and read it: baseline rollout plan --out FILE"


@dataclass(frozen=True)
class Kept:
    """What a file holds. ``steps`` are in waves, as text; ``wanted`` and ``found`` are digests."""

    made: str
    organization: str
    home_region: str
    choice: Choice
    wanted: str
    found: str
    steps: tuple[tuple[str, ...], ...]


def keep(plan: Plan, baseline: Baseline, state: State, choice: Choice, made: str) -> Kept:
    """``plan``, with what it was made from; ``made`` is when, as ISO text."""
    return Kept(
        made=made,
        organization=baseline.organization.id,
        home_region=baseline.home_region,
        choice=choice,
        wanted=_digest([_named(choice), *_wanted(baseline)]),
        found=_digest(_found(state, plan.steps)),
        steps=tuple(tuple(_said(step) for step in wave) for wave in plan.all_waves),
    )


def check(kept: Kept, now: Kept, where: str) -> None:
    """Raise UsageError, which says what has changed, unless ``now`` is what was kept."""
    why = _changed(kept, now)
    if why:
        raise UsageError(
            f"nothing was done: {why} since the plan was made ({kept.made})",
            where=where,
            remedy=_AGAIN,
        )


def _changed(kept: Kept, now: Kept) -> str:
    if (kept.organization, kept.home_region) != (now.organization, now.home_region):
        return f"the organization or the home region ({kept.home_region}) has changed"
    before, after = _flat(kept), _flat(now)
    different = sorted(set(before) ^ set(after), key=lambda step: (step in before, step))
    if kept.wanted != now.wanted:
        return (
            "baseline.yaml, the accounts, the saved queries, the choice or the program have changed"
        )
    if different:
        number = len({_about_what(step) for step in different})
        steps = "1 step has" if number == 1 else f"{number:,} steps have"
        return f"{steps} changed, like: {different[0]}"
    if kept.steps != now.steps:
        return "the order of the steps has changed"
    return "stacks or StackSets have changed" if kept.found != now.found else ""


def _about_what(step: str) -> str:
    """What is done and why it is, left out: a step that changed is in both plans, and is one."""
    return step.partition(": ")[0].partition(" ")[2]


def _flat(kept: Kept) -> list[str]:
    return [step for wave in kept.steps for step in wave]


def text(kept: Kept) -> str:
    """``kept`` as JSON."""
    said = {**vars(kept), "choice": _named(kept.choice)}
    return json.dumps({"kind": _KIND, "version": _VERSION, **said}, indent=1) + "\n"


def _named(choice: Choice) -> dict[str, list[str] | None]:
    return {
        name: None if chosen is None else sorted(chosen) for name, chosen in vars(choice).items()
    }


def read(file: Path) -> Kept:
    """What ``file`` holds; raises UsageError when it is no plan that is known here."""
    where = str(file)
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if (said["kind"], said["version"]) != (_KIND, _VERSION):
            raise UsageError(
                f"it is a {said['kind']!r} of version {said['version']}, and {_KIND!r} of version "
                f"{_VERSION} is known here",
                where=where,
                remedy=_AGAIN,
            )
        return _kept(said)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=where, remedy=_AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError("it is not a plan that was kept", where=where, remedy=_AGAIN) from error


def _kept(said: dict[str, Any]) -> Kept:
    chosen = {
        name: None if names is None else frozenset(map(str, names))
        for name, names in said["choice"].items()
    }
    texts = ("made", "organization", "home_region", "wanted", "found")
    return Kept(
        **{name: str(said[name]) for name in texts},
        choice=Choice(**chosen),
        steps=tuple(tuple(map(str, wave)) for wave in said["steps"]),
    )


def _said(step: Step) -> str:
    return f"{step.action} {step.kind} {step.part}: {step.reason}"


def _digest(said: Iterable[Any]) -> str:
    whole = json.dumps(list(said), sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


def _wanted(baseline: Baseline) -> Iterator[Any]:
    for stack in baseline.stacks:
        yield str(stack.part), stack.body, dict(stack.parameters)
    for each in baseline.stack_sets:
        targets = sorted(map(str, each.targets))
        overrides = {account: dict(given) for account, given in each.overrides.items()}
        managed = each.managed and {
            **vars(each.managed),
            "inside": sorted(each.managed.inside),
            "regions": sorted(each.managed.regions),
        }
        yield each.name, each.body, dict(each.parameters), targets, overrides, managed
    if baseline.delegation:
        accounts = {r: sorted(some) for r, some in baseline.delegation.accounts.items()}
        ours = sorted(baseline.delegation.ours)
        yield {**vars(baseline.delegation), "accounts": accounts, "ours": ours}


def _found(state: State, steps: Iterable[Step]) -> Iterator[Any]:
    """What was found of all that ``steps`` are about."""
    parts = {step.part for step in steps}
    yield from sorted((str(part), state.loose[part]) for part in parts & state.loose.keys())
    for part in sorted(parts & state.stacks.keys()):
        yield str(part), asdict(state.stacks[part])
    for name in sorted({part.name for part in parts} & state.stack_sets.keys()):
        found = state.stack_sets[name]
        yield name, found.template, dict(found.parameters), found.owner, _managing(found)
        for target in _about(name, parts, found.instances):
            yield str(target), asdict(found.instances[target])
    for region, delegated in sorted(state.delegated.items()):
        yield region, asdict(delegated)


def _managing(found: StackSetState) -> Any:
    if found.managing is None:
        return None
    regions = {unit: sorted(names) for unit, names in found.managing.regions.items()}
    return {"automation": asdict(found.managing.automation), "regions": regions}


def _about(name: str, parts: set[Part], targets: Iterable[Target]) -> list[Target]:
    return sorted(target for target in targets if Part(name, target) in parts)
