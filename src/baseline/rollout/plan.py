"""The difference between what should be and what is, as steps in waves. Pure: nothing is called.

An empty plan is the proof that the roll-out is complete; removal is a plan in reverse.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from baseline import templates
from baseline.errors import UsageError
from baseline.organization import Target
from baseline.rollout import (
    delegation,
    handover,
    inviting,
    protection,
    service_managed,
    standing,
)
from baseline.rollout.adoption import MEMBERS
from baseline.rollout.catalogue import (
    LAST,
    NAMES,
    ORGANIZATION_TRAIL,
    ROLES,
    WAVES,
    Baseline,
    Part,
    Stack,
    StackSet,
)
from baseline.rollout.delegation import Delegated
from baseline.rollout.state import InstanceState, StackSetState, StackState, State, Unknown

_SHOWN_DIFFERENCES = 3
# StackSets excludes such an instance from updates [StackSets status codes: INOPERABLE].
_BY_HAND = "Delete its stack in that account and region by hand, then deploy again to make it anew"
# It can be taken in again, once the cause is mended [StackInstanceSummary].
_FAILED_IMPORT = "FAILED_IMPORT"
# A stack in one of these states holds what its template says.
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
# A stack in one of these states takes no update: it is deleted and created again.
BROKEN = (
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "CREATE_FAILED",
    "DELETE_FAILED",
    "REVIEW_IN_PROGRESS",  # a change set that nobody carried out: nothing is there yet
)


class Action(StrEnum):
    """What a step does. RETAIN gives an instance up and leaves its stack where it is.

    IMPORT takes a stack that is there in as an instance.
    """

    CREATE = "create"
    IMPORT = "import"
    UPDATE = "update"
    DELETE = "delete"
    RETAIN = "retain"
    SKIP = "skip"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a step is about."""

    STACK = "stack"
    STACK_SET = "stack set"
    INSTANCE = "stack instance"
    DELEGATION = "delegation"
    ACCOUNT = "account"


_COMING = (Action.CREATE, Action.IMPORT, Action.UPDATE)
_GOING = (Action.DELETE, Action.RETAIN)


@dataclass(frozen=True)
class Step:
    """One thing to do or to leave, and why. A StackSet's own part is in the main account.

    ``stack`` is the id of the stack that is imported, or that no StackSet has and is deleted.
    """

    action: Action
    kind: Kind
    part: Part
    reason: str
    stack: str = ""


@dataclass(frozen=True)
class Plan:
    """Steps in waves: a wave begins when the one before it has ended.

    ``stage`` is a plan of its own that has to succeed first, with the baseline that it leads to.
    """

    waves: tuple[tuple[Step, ...], ...]
    warnings: tuple[str, ...] = ()
    stage: "tuple[Plan, Baseline] | None" = None

    @property
    def all_waves(self) -> tuple[tuple[Step, ...], ...]:
        """The waves, those of the stage before them."""
        return (*self.stage[0].waves, *self.waves) if self.stage else self.waves

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the waves."""
        return tuple(step for wave in self.all_waves for step in wave)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that do something."""
        return tuple(s for s in self.steps if s.action not in (Action.SKIP, Action.UNKNOWN))

    @property
    def empty(self) -> bool:
        """Whether everything was seen, and nothing is to be done."""
        return all(s.action is Action.SKIP for s in self.steps)


@dataclass(frozen=True)
class Choice:
    """Which parts a plan is about; None means all. A StackSet goes by its name alone."""

    names: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None

    def __post_init__(self) -> None:
        unknown = (self.names or frozenset()) - set(NAMES)
        if unknown:
            raise UsageError(
                f"--only {', '.join(sorted(unknown))}: there is no such stack or StackSet",
                remedy=f"Known: {', '.join(NAMES)}.",
            )

    def named(self, name: str) -> bool:
        """Whether the stack or StackSet is chosen at all."""
        return self.names is None or service_managed.family(name) in self.names

    def whole(self, name: str) -> bool:
        """Whether the stack or StackSet is chosen wherever it is."""
        return self.named(name) and self.accounts is None and self.regions is None

    def has(self, part: Part) -> bool:
        """Whether the part is chosen."""
        return (
            self.named(part.name)
            and (self.accounts is None or part.target.account_id in self.accounts)
            and (self.regions is None or part.target.region in self.regions)
        )


EVERYTHING = Choice()


def make(baseline: Baseline, state: State, choice: Choice = EVERYTHING) -> Plan:
    """The steps that lead from ``state`` to ``baseline``: first what goes, last made first.

    What is chosen brings along what it needs and what is not in order. A member leaves GuardDuty
    only while the main account still has it, so what goes in the main account goes after what goes
    in the members; and the organization's trail goes when those of the accounts are there.

    Raises ConfigurationError when something of the same name belongs to somebody else, or when
    what cannot be changed was changed; UsageError when the choice holds nothing.
    """
    stage = handover.stage(baseline, state)
    if stage is None or not any(map(choice.named, handover.NAMES)):
        return _make(baseline, state, choice)
    if not all(map(choice.whole, handover.NAMES)):
        raise UsageError(
            "GuardDuty goes over from invitations to an administrator as a whole",
            remedy="Choose no account and no region, and all of "
            + " ".join(f"--only {name}" for name in handover.NAMES),
        )
    first = _make(stage, handover.before(stage, state), EVERYTHING)
    made = _make(baseline, handover.after(stage, state), choice)
    warnings = (*made.warnings, handover.warning(baseline))
    return replace(made, stage=(_keeping(first), stage), warnings=warnings)


def _keeping(first: Plan) -> Plan:
    """The stage with its reason; which accounts are not active, the plan itself says."""
    return Plan(
        tuple(
            tuple(
                replace(s, reason=handover.REASON) if s.action is Action.UPDATE else s
                for s in wave
                if s.kind is not Kind.ACCOUNT
            )
            for wave in first.waves
        )
    )


def _make(baseline: Baseline, state: State, choice: Choice) -> Plan:
    standing.check_home(state)
    standing.check_prefix(baseline, state)
    standing.check_networks(baseline, state)
    standing.check_adopted(baseline, state)
    standing.check_administrator(baseline, state)
    waves = _every_step(baseline, state)
    taken = _taken(baseline, [s for wave in waves for s in wave], choice)
    waves = [[taken[s.kind, s.part] for s in wave if (s.kind, s.part) in taken] for wave in waves]
    waves[0] += _inactive(baseline, choice)
    _check_any(waves)
    _check_owners(baseline, state, waves)
    standing.check_others(baseline, state, _delegating(waves))
    first = list(_coming_first(waves))
    begun = [s for wave in first for s in wave]
    last = [s for wave in waves for s in wave if _goes_last(s)]
    going = [[s for s in w if s.action in _GOING and s not in last] for w in reversed(waves)]
    staying = [[s for s in w if s.action not in _GOING and s not in begun] for w in waves]
    warnings = (
        *baseline.warnings,
        *_unseen(baseline, state),
        *_kept_members(baseline, state),
        *_paid_twice(baseline, state),
        *_unseen_administrator(baseline, state),
        *_without_plans(baseline, state),
        *_beyond(baseline, state),
    )
    return Plan(_ordered([*first, *going, *staying, last]), warnings)


def removal(baseline: Baseline, state: State, choice: Choice = EVERYTHING) -> Plan:
    """The steps that take everything away again, last made first.

    An administrator of GuardDuty who was there before, or has members of others, is left, and so
    is the main account's detector, which has to be there as long.
    """
    standing.check_home(state)
    if any(map(choice.named, handover.NAMES)):
        standing.check_administrator(baseline, state)
    waves = _every_removal(baseline, state, choice)
    _check_owners(baseline, state, waves)
    warnings = (
        *_unseen(baseline, state),
        *_unseen_stacks(state),
        *_unseen_administrator(baseline, state),
    )
    return Plan(_ordered(reversed(waves)), warnings)


def _every_removal(baseline: Baseline, state: State, choice: Choice) -> list[list[Step]]:
    """The chosen steps that take something away, in the waves in which it was made."""
    left = frozenset(_left(baseline, state))
    waves: list[list[Step]] = [[] for _ in range(WAVES)]
    for stack in baseline.stacks:
        stack_found = state.stacks.get(stack.part)
        if choice.has(stack.part) and stack_found:
            waves[stack.wave].append(_stack_removal(stack, stack_found))
    for stack_set in baseline.stack_sets:
        found = state.stack_sets.get(stack_set.name)
        if choice.named(stack_set.name) and found:
            steps = _stack_set_removal(baseline, stack_set.name, found, choice)
            waves[stack_set.wave] += [_kept(s) if s.part in left else s for s in steps]
    for number, step in _single_removals(baseline, state):
        if choice.has(step.part):
            waves[number].append(step)
    return waves


def _single_removals(baseline: Baseline, state: State) -> Iterator[tuple[int, Step]]:
    """What else goes, with its wave: delegations, and stacks that are left over."""
    yield from _delegation_steps(baseline, state, _delegation_removal)
    yield from ((_wave_of(step), step) for step in _leftovers(baseline, state))
    for part in sorted(state.loose):
        yield baseline.stack_set(part.name).wave, _deleted(state, part, "is removed")


def _delegating(waves: Iterable[Iterable[Step]]) -> set[str]:
    """The regions in which an administrator of GuardDuty is named, or told."""
    steps = (s for wave in waves for s in wave if s.kind is Kind.DELEGATION)
    return {s.part.target.region for s in steps if s.action in _COMING}


def _left(baseline: Baseline, state: State) -> Iterator[Part]:
    """The main account's detectors in the regions whose administrator is left."""
    for _, step in _delegation_steps(baseline, state, _delegation_removal):
        here = Target(baseline.home.account_id, step.part.target.region)
        if step.action is Action.SKIP and here not in baseline.adopted.detectors:
            yield Part(inviting.FIRST, here)


def _kept(step: Step) -> Step:
    if step.kind is not Kind.INSTANCE:
        return step
    reason = "belongs to GuardDuty's administrator, which is left, or to a member of it"
    return replace(step, action=Action.RETAIN, reason=reason)


def _coming_first(waves: list[list[Step]]) -> Iterator[list[Step]]:
    """The StackSets that are to take stacks in: nothing is given up before they are there."""
    taking = {s.part.name for w in waves for s in w if s.action is Action.IMPORT}
    for wave in waves if taking else ():
        made = [s for s in wave if (s.action, s.kind) == (Action.CREATE, Kind.STACK_SET)]
        # One that deploys by itself names those that have to be done before it.
        yield [s for s in made if s.part.name in taking or service_managed.is_one(s.part.name)]


def _goes_last(step: Step) -> bool:
    """What is needed until all else is done.

    That is the roles, until other StackSets have the stacks, and a StackSet that gave its stacks
    up: while it is there, stacks that no StackSet has are looked for.
    """
    gone = step.kind is Kind.STACK_SET and service_managed.is_one(step.part.name)
    return (gone or step.part.name in (ORGANIZATION_TRAIL, ROLES)) and step.action in _GOING


def _every_step(baseline: Baseline, state: State) -> list[list[Step]]:
    """The steps of the whole baseline, in waves."""
    waves: list[list[Step]] = [[] for _ in range(WAVES)]
    for stack in baseline.stacks:
        waves[stack.wave].append(_stack_step(stack, state.stacks.get(stack.part)))
    coming_over = _coming_over(baseline, state)
    for stack_set in baseline.stack_sets:
        found = state.stack_sets.get(stack_set.name)
        waves[stack_set.wave] += _stack_set_steps(baseline, stack_set, found, coming_over)
    for number, step in _delegation_steps(baseline, state, _delegation_step):
        waves[number].append(step)
    for step in _leftovers(baseline, state):
        waves[_wave_of(step)].append(step)
    for part in _left_behind(baseline, state):
        if not _keeps_members(baseline, part):
            step = _deleted(state, part, _why_deleted(baseline, part))
            waves[baseline.stack_set(part.name).wave].append(step)
    return waves


_Stacks = Mapping[Part, str]


def _coming_over(baseline: Baseline, state: State) -> _Stacks:
    """The stacks that become instances of a StackSet, by these instances.

    That is what no StackSet has any more, and what that of the other mode still has.
    """
    left = set(_left_behind(baseline, state))
    found = {part: stack_id for part, stack_id in state.loose.items() if part not in left}
    for name, stack_set in state.stack_sets.items():
        for target, instance in stack_set.instances.items():
            part = baseline.instance(service_managed.family(name), target)
            if instance.detail == _FAILED_IMPORT and instance.stack_id:
                found[Part(name, target)] = instance.stack_id
            if part.name == name or inviting.invites(name) or instance.status == "INOPERABLE":
                continue
            if instance.stack_id and target in baseline.stack_set(part.name).targets:
                found[part] = instance.stack_id
    return found


def _left_behind(baseline: Baseline, state: State) -> list[Part]:
    """The stacks that no StackSet has, where none should be."""
    return sorted(
        part for part in state.loose if part.target not in baseline.stack_set(part.name).targets
    )


def _deleted(state: State, part: Part, why: str) -> Step:
    """A stack that no StackSet has is deleted by itself."""
    reason = f"{why}; no StackSet has it"
    return Step(Action.DELETE, Kind.STACK, part, reason, state.loose[part])


def _keeps_members(baseline: Baseline, part: Part) -> bool:
    """Whether a stack has a member of GuardDuty that an administrator has meanwhile."""
    member = service_managed.family(part.name) == MEMBERS
    return member and baseline.delegation is not None and part.target.account_id in baseline.chosen


def _kept_members(baseline: Baseline, state: State) -> Iterator[str]:
    for part in _left_behind(baseline, state):
        if _keeps_members(baseline, part):
            yield (
                f"the stack of {part.name} in {part.target} belongs to no StackSet and is left: "
                "deleting it would switch GuardDuty off there, and lose its findings."
            )


def _beyond(baseline: Baseline, state: State) -> Iterator[str]:
    """Where accounts that come later get what they should not: StackSets forget no unit."""
    for stack_set in baseline.stack_sets:
        found = state.stack_sets.get(stack_set.name)
        if stack_set.managed and found and found.managing:
            for unit in service_managed.beyond(stack_set.managed, found.managing):
                name = service_managed.family(stack_set.name)
                yield (
                    f"accounts that come into {unit} still get {name} by themselves, though it is "
                    "not among stack_sets.ous; to end that: baseline rollout remove --only "
                    f"{name}, then: baseline rollout deploy."
                )


_Found = Delegated | Unknown


def _delegation_steps(
    baseline: Baseline, state: State, of: Callable[[Baseline, str, _Found], Step | None]
) -> Iterator[tuple[int, Step]]:
    """The steps with their waves: one region first, since at once all but one would fail."""
    wanted = baseline.delegation
    for region in wanted.accounts if wanted else ():
        step = of(baseline, region, state.delegated.get(region, Delegated()))
        if step:
            yield (3 if wanted and region == wanted.first else 4), step


def _delegation_step(baseline: Baseline, region: str, found: _Found) -> Step:
    part, wanted = baseline.delegated(region), baseline.delegation
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.DELEGATION, part, f"could not look: {found.cause}")
    words = "; ".join(delegation.differences(wanted, region, found)) if wanted else ""
    if not words:
        return Step(Action.SKIP, Kind.DELEGATION, part, "is as it should be")
    action = Action.UPDATE if found.administrator else Action.CREATE
    return Step(action, Kind.DELEGATION, part, words)


def _delegation_removal(baseline: Baseline, region: str, found: _Found) -> Step | None:
    part = baseline.delegated(region)
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.DELEGATION, part, f"could not look: {found.cause}")
    if found.administrator != part.target.account_id:
        return None
    left = delegation.why_left(baseline.delegation, found) if baseline.delegation else ""
    if left:
        return Step(Action.SKIP, Kind.DELEGATION, part, left)
    return Step(Action.DELETE, Kind.DELEGATION, part, "is removed; GuardDuty stays on in members")


def _unseen_administrator(baseline: Baseline, state: State) -> Iterator[str]:
    """Where nobody could say whether GuardDuty has an administrator, and none is wanted."""
    for region, found in sorted(state.delegated.items()):
        if baseline.delegation is None and isinstance(found, Unknown):
            yield (
                "whether GuardDuty has an administrator for the organization, whose accounts "
                f"cannot be invited, could not be seen in {region}: {found.cause}"
            )


def _without_plans(baseline: Baseline, state: State) -> Iterator[str]:
    """The protection plans that a region has not got."""
    for region, found in sorted(state.delegated.items()):
        if baseline.delegation and isinstance(found, Delegated):
            for name in delegation.unavailable(baseline.delegation, found):
                yield f"GuardDuty's {name} is not there in {region}, and left out."


_Taken = dict[tuple[Kind, Part], Step]


def _taken(baseline: Baseline, steps: list[Step], choice: Choice) -> _Taken:
    """The chosen steps, what those that make something need, and the StackSets of both."""
    parts = {s.part: s for s in steps if s.kind is not Kind.STACK_SET}
    taken = {p: s for p, s in parts.items() if choice.has(p) or _concerns(baseline, p, choice)}
    given_up = {_alike(s): s for s in parts.values() if s.action is Action.RETAIN}
    waiting = list(taken.values())
    while waiting:
        step = waiting.pop()
        if step.action is Action.IMPORT and (before := given_up.get(_alike(step))):
            taken[before.part] = before
        for part in baseline.needs(step.part) if step.action in _COMING else ():
            needed = parts.get(part)
            if part in taken or needed is None or needed.action in (Action.SKIP, *_GOING):
                continue
            why = f"{needed.reason}; needed by {step.part}"
            taken[part] = replace(needed, reason=why)
            waiting.append(needed)
    stack_sets = [s for s in steps if s.kind is Kind.STACK_SET]
    stack_sets = [s for s in stack_sets if _takes_part(s, parts.values(), taken, choice)]
    return {(s.kind, s.part): s for s in (*taken.values(), *stack_sets)}


def _alike(step: Step) -> tuple[str, Target]:
    """What the instances of one template in one place have in common."""
    return service_managed.family(step.part.name), step.part.target


def _concerns(baseline: Baseline, part: Part, choice: Choice) -> bool:
    """Whether the delegation in a region is about a chosen account: it is its administrator's."""
    wanted, region = baseline.delegation, part.target.region
    if wanted is None or part != baseline.delegated(region) or not choice.accounts:
        return False
    ours = wanted.accounts[region] & choice.accounts
    return bool(ours) and replace(choice, accounts=None).has(part)


def _takes_part(
    stack_set: Step, instances: Iterable[Step], taken: dict[Part, Step], choice: Choice
) -> bool:
    """Whether a StackSet is changed or looked at for the sake of its instances that are taken.

    An update that names no instance would reach all of them, also those not chosen.
    """
    own = [s for s in instances if s.part.name == stack_set.part.name]
    chosen = [s for s in own if s.part in taken]
    if not choice.whole(stack_set.part.name) and all(s.action in _GOING for s in chosen):
        return False
    updates = {s.part for s in own if s.action is Action.UPDATE}
    if stack_set.action is Action.UPDATE and updates and not updates & taken.keys():
        raise UsageError(
            f"StackSet {stack_set.part.name} has changed, and none of its instances is chosen",
            remedy="Choose at least one of its accounts and regions, or all.",
        )
    return True


def _ordered(waves: Iterable[list[Step]]) -> tuple[tuple[Step, ...], ...]:
    return tuple(tuple(sorted(wave, key=_place)) for wave in waves if wave)


def _place(step: Step) -> tuple[str, bool, Target]:
    return step.part.name, step.kind is Kind.INSTANCE, step.part.target


def _check_any(waves: list[list[Step]]) -> None:
    if not any(waves):
        raise UsageError(
            "nothing of the baseline belongs where these accounts, regions and names meet",
            remedy="See where it belongs: baseline rollout plan --all",
        )


def _check_owners(baseline: Baseline, state: State, waves: Iterable[Iterable[Step]]) -> None:
    for step in sorted((s for wave in waves for s in wave), key=_place):
        name = step.part.name
        if step.kind is Kind.STACK:
            standing.check_owner(baseline, str(step.part), state.stacks.get(step.part))
        else:
            standing.check_owner(baseline, f"StackSet {name}", state.stack_sets.get(name))


def _others(baseline: Baseline, state: State) -> Iterator[tuple[Part, StackState | Unknown]]:
    """What was found, or could not be seen, in accounts that are left out."""
    wanted = {stack.part for stack in baseline.stacks}
    return ((part, found) for part, found in state.stacks.items() if part not in wanted)


def _leftovers(baseline: Baseline, state: State) -> Iterator[Step]:
    """Our own stacks that are left out now; those of others do not concern us."""
    for part, found in _others(baseline, state):
        if isinstance(found, StackState) and found.owner == baseline.organization.id:
            yield Step(Action.DELETE, Kind.STACK, part, _why_left(baseline, part))


def _why_left(baseline: Baseline, part: Part) -> str:
    if part.name == ROLES and part.target.account_id in baseline.chosen:
        return "is no longer needed: StackSets has roles of its own there"
    return f"{'it' if part.target == baseline.home else 'the account'} is no longer chosen"


def _unseen_stacks(state: State) -> Iterator[str]:
    """Where stacks may stay behind that no StackSet has: one sentence for each account."""
    by_account = {target.account_id: found for target, found in sorted(state.unseen.items())}
    for account_id, found in by_account.items():
        yield (
            f"whether stacks that no StackSet has are still in {account_id} could not be seen: "
            f"{found.cause}"
        )


def _wave_of(leftover: Step) -> int:
    """What keeps members from changing the rest was made last, and goes first."""
    return LAST if leftover.part.name == protection.NAME else 1


def _unseen(baseline: Baseline, state: State) -> tuple[str, ...]:
    return tuple(
        f"{part.target.account_id} is left out; whether {ROLES} is there still could not be seen: "
        f"{found.cause}"
        for part, found in _others(baseline, state)
        if isinstance(found, Unknown)
    )


def _paid_twice(baseline: Baseline, state: State) -> Iterator[str]:
    """Trails of others: AWS charges for each copy of management events but the first."""
    if isinstance(state.organization_trails, Unknown):
        cause = state.organization_trails.cause
        yield f"whether another trail records the organization could not be seen: {cause}"
        return
    for name in state.organization_trails:
        if name != baseline.organization_trail_name:
            yield (
                f"the organization's trail {name} records the same events as the baseline's: each "
                "account pays for the second copy."
            )


def _stack_step(stack: Stack, found: StackState | Unknown | None) -> Step:
    if found is None:
        return Step(Action.CREATE, Kind.STACK, stack.part, "is not there")
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.STACK, stack.part, f"could not look: {found.cause}")
    if found.status in BROKEN:
        why = f"is {found.status} and is made anew{_because(found.reason)}"
        return Step(Action.CREATE, Kind.STACK, stack.part, why)
    if found.status not in GOOD:
        why = f"is {found.status}{_because(found.reason)}"
        return Step(Action.UPDATE, Kind.STACK, stack.part, why)
    changes = _changes(stack, found)
    if changes:
        return Step(Action.UPDATE, Kind.STACK, stack.part, changes)
    return Step(Action.SKIP, Kind.STACK, stack.part, "is as it should be")


def _stack_set_steps(
    baseline: Baseline, wanted: StackSet, found: StackSetState | None, coming_over: _Stacks
) -> Iterator[Step]:
    part = Part(wanted.name, baseline.home)
    if not wanted.targets:
        yield from _unwanted(baseline, wanted.name, found, coming_over)
        return
    changes = _changes(wanted, found) if found else ""
    if found is None:
        yield Step(Action.CREATE, Kind.STACK_SET, part, "is not there")
    elif said := "; ".join(filter(None, (changes, *_by_itself(wanted, found)))):
        yield Step(Action.UPDATE, Kind.STACK_SET, part, said)
    else:
        yield Step(Action.SKIP, Kind.STACK_SET, part, "is as it should be")
    instances = found.instances if found else {}
    for target in sorted(wanted.targets | instances.keys()):
        instance, there = Part(wanted.name, target), instances.get(target)
        if target not in wanted.targets:
            yield _excess(baseline, instance, coming_over)
        elif instance in coming_over and (there is None or there.status != "CURRENT"):
            yield _import(instance, coming_over[instance])
        else:
            yield _instance_step(baseline, instance, there, changes)


def _by_itself(wanted: StackSet, found: StackSetState) -> Iterator[str]:
    """What differs in what a service-managed StackSet does by itself."""
    if wanted.managed:
        yield from service_managed.differences(wanted.managed, found.managing)


def _unwanted(
    baseline: Baseline, name: str, found: StackSetState | None, coming_over: _Stacks
) -> Iterator[Step]:
    """A StackSet that is wanted nowhere goes, with its instances."""
    if found is None:
        return
    yield Step(Action.DELETE, Kind.STACK_SET, Part(name, baseline.home), "is no longer wanted")
    for target in sorted(found.instances):
        yield _excess(baseline, Part(name, target), coming_over)


def _import(part: Part, stack_id: str) -> Step:
    reason = "its stack is there, and is taken in as it is"
    return Step(Action.IMPORT, Kind.INSTANCE, part, reason, stack_id)


def _instance_step(
    baseline: Baseline, part: Part, found: InstanceState | None, changes: str
) -> Step:
    kept = baseline.adopted.of(service_managed.family(part.name), part.target)
    kept = f"; {kept}" if kept else ""
    if found is None:
        return Step(Action.CREATE, Kind.INSTANCE, part, f"is not there{kept}")
    if found.status == "INOPERABLE":
        why = f"is INOPERABLE and takes no update{_because(found.reason)}. {_BY_HAND}"
        return Step(Action.RETAIN, Kind.INSTANCE, part, why)
    if found.status != "CURRENT":
        state = f"{found.status}, {found.detail}" if found.detail else found.status
        return Step(Action.UPDATE, Kind.INSTANCE, part, f"is {state}{_because(found.reason)}")
    if changes:
        return Step(Action.UPDATE, Kind.INSTANCE, part, f"{changes}{kept}")
    return Step(Action.SKIP, Kind.INSTANCE, part, f"is as it should be{kept}")


def _excess(baseline: Baseline, part: Part, coming_over: _Stacks) -> Step:
    """An instance where none should be.

    It is given up where the account cannot be reached, or another StackSet takes its stack in.
    """
    other = baseline.instance(service_managed.family(part.name), part.target)
    if other != part and other in coming_over:
        reason = f"goes over to {other.name}, with all that it made"
        return Step(Action.RETAIN, Kind.INSTANCE, part, reason)
    if out := _out_of_reach(baseline, part):
        return Step(Action.RETAIN, Kind.INSTANCE, part, out)
    return Step(Action.DELETE, Kind.INSTANCE, part, _why_deleted(baseline, part))


def _why_deleted(baseline: Baseline, part: Part) -> str:
    if part.target.account_id in baseline.chosen:
        return "the account or region is no longer chosen"
    unit = baseline.accounts[part.target.account_id].ou
    return f"the account is no longer chosen; it is in {unit}"


def _out_of_reach(baseline: Baseline, part: Part) -> str:
    """Why nothing can be done in the account of an instance; or nothing."""
    account = baseline.accounts.get(part.target.account_id)
    if account is None:
        return "the account has left the organization"
    return "" if account.active else f"the account is {account.state}"


def _inactive(baseline: Baseline, choice: Choice) -> Iterator[Step]:
    """One step for each account that is left out because nothing can be done in it."""
    for account in baseline.organization.accounts:
        part = Part("everything", Target(account.id, baseline.home_region))
        chosen = choice.accounts is None or account.id in choice.accounts
        if not account.active and chosen and choice.names is None:
            yield Step(Action.SKIP, Kind.ACCOUNT, part, f"the account is {account.state}")


def _stack_removal(stack: Stack, found: StackState | Unknown) -> Step:
    if isinstance(found, Unknown):
        return Step(Action.UNKNOWN, Kind.STACK, stack.part, f"could not look: {found.cause}")
    return Step(Action.DELETE, Kind.STACK, stack.part, "is removed")


def _stack_set_removal(
    baseline: Baseline, name: str, found: StackSetState, choice: Choice
) -> Iterator[Step]:
    parts = [Part(name, target) for target in sorted(found.instances)]
    chosen = [part for part in parts if choice.has(part)]
    for part in chosen:
        out = _out_of_reach(baseline, part)
        action = Action.RETAIN if out else Action.DELETE
        yield Step(action, Kind.INSTANCE, part, out or "is removed")
    if chosen == parts and (parts or choice.whole(name)):
        yield Step(Action.DELETE, Kind.STACK_SET, Part(name, baseline.home), "is removed")


def _changes(wanted: Stack | StackSet, found: StackState | StackSetState) -> str:
    """What differs, in words; empty when nothing does."""
    paths = templates.differences(found.template, templates.parse(wanted.body))
    words = []
    if paths:
        more = len(paths) - _SHOWN_DIFFERENCES
        shown = ", ".join(paths[:_SHOWN_DIFFERENCES])
        words.append(f"template: {shown}" + (f" and {more} more" if more > 0 else ""))
    for name, value in sorted(wanted.parameters.items()):
        before = found.parameters.get(name)
        if before != value:
            words.append(f"{name}: {before or '(none)'} → {value or '(none)'}")
    return "; ".join(words)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
