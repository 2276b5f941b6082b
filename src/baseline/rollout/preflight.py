"""What AWS would refuse of a plan, predicted before anything is changed. Reading changes nothing.

What can be listed for the whole organization is listed once; the rest is asked in each account
and region in which something would be made, of all of them at once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from baseline.errors import BaselineError, ConfigurationError
from baseline.organization import Target
from baseline.parallel import Done, each
from baseline.rollout import (
    collisions,
    observe,
    protection,
    quotas,
    service_control,
    service_managed,
)
from baseline.rollout.catalogue import STORAGE, Baseline, Part
from baseline.rollout.collisions import Adoptable
from baseline.rollout.coverage import Check, Doubtful, Missing, Place
from baseline.rollout.reach import Reach, Regions
from baseline.rollout.steps import Action, Kind, Plan, Step

_COMING = (Action.CREATE, Action.UPDATE)
_ENTER = "Make it readable (see stack_sets.bootstrap_role), or leave the account out."
_FEWER = "Leave accounts or regions out."
_EXEMPT = "Exempt the role that deploys in that policy, or leave the account or region out."
_READ = "Read the policy's condition or resource; deploying tells."
_DEPLOY_FIRST = "What differs, says: baseline rollout verify"


class Verdict(StrEnum):
    """What is predicted. UNKNOWN: it could not be looked at; left out: nothing is tried there."""

    FAILS = "would fail"
    UNKNOWN = "UNKNOWN"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Forecast:
    """One prediction: of which stack or StackSet, where, why, and what would help.

    ``adopts`` is the key below ``adopt`` that would keep what is in the way, and a detector's id.
    """

    verdict: Verdict
    name: str
    target: Target
    why: str
    remedy: str
    adopts: tuple[str, str] | None = None


Progress = Callable[[int, int], None]


def foresee(
    plan: Plan, baseline: Baseline, reach: Reach, regions: Regions, progress: Progress
) -> list[Forecast]:
    """What of ``plan`` would fail, what is left out, and what could not be looked at."""
    looker = _Looker(baseline, reach, _looks(plan, baseline))
    found = [
        *_of_steps(plan),
        *_not_enabled(baseline, regions),
        *_too_many(plan),
        *_guarded(plan, baseline, reach),
        *_locked_out(plan, baseline, reach),
    ]
    targets = sorted(looker.looks)
    for done, outcome in enumerate(each(targets, looker.look), 1):
        progress(done, len(targets))
        if isinstance(outcome, Done):
            found += outcome.value
        else:
            found.append(_unseen("everything", outcome.target, outcome.error))
    return found


def check_trusted(plan: Plan, baseline: Baseline, reach: Reach) -> None:
    """Refuse to go over to StackSets that AWS lets do nothing: stacks would be given up in vain.

    Raises ConfigurationError. Where nobody may look, making the StackSets tells, which comes first.
    """
    over = [s.part.name for s in plan.steps if s.action is Action.IMPORT]
    if not any(map(service_managed.is_one, over)):
        return
    try:
        collisions.TRUSTED.look(Place(reach.session, baseline.home, baseline))
    except Missing as missing:
        raise ConfigurationError(
            f"{missing.detail}; nothing was given up",
            where="stack_sets.mode",
            remedy=f"First: {missing.remedy}",
        ) from None
    except BaselineError:
        return


def _of_steps(plan: Plan) -> Iterator[Forecast]:
    """What the plan itself tells: accounts that cannot be entered, or in which nothing is done."""
    for step in plan.steps:
        name, target = step.part.name, step.part.target
        if step.action is Action.UNKNOWN:
            yield Forecast(Verdict.FAILS, name, target, step.reason, _ENTER)
        elif step.kind is Kind.ACCOUNT:
            yield Forecast(Verdict.LEFT_OUT, name, target, step.reason, "")


def _not_enabled(baseline: Baseline, regions: Regions) -> Iterator[Forecast]:
    """Regions that the main account has enabled, and a member has not."""
    chosen = regions.by_account[baseline.home.account_id]
    for account in sorted(baseline.chosen):
        for region in sorted({*chosen} - {*regions.by_account[account]}):
            target, error = Target(account, region), regions.unknown.get(account)
            if error:
                yield _unseen("everything", target, error)
            else:
                remedy = f"aws account enable-region --account-id {account} --region-name {region}"
                why = "the region is not enabled in the account"
                yield Forecast(Verdict.LEFT_OUT, "everything", target, why, remedy)


def _too_many(plan: Plan) -> Iterator[Forecast]:
    """Quotas that the plan alone would go beyond."""
    instances = Counter(s.part.name for s in plan.steps if s.kind is Kind.INSTANCE)
    for step in plan.steps:
        count = instances[step.part.name]
        if step.kind is Kind.STACK_SET and count > quotas.INSTANCES.documented:
            why = f"{count} instances, and a StackSet takes {quotas.INSTANCES.documented}"
            yield Forecast(Verdict.FAILS, step.part.name, step.part.target, why, _FEWER)


def _guarded(plan: Plan, baseline: Baseline, reach: Reach) -> Iterator[Forecast]:
    """What service control policies deny."""
    coming = [step.part for step in _coming(plan)]
    try:
        attached = service_control.read(reach.session) if coming else None
    except BaselineError as error:
        yield _unseen("service control policies", baseline.home, error)
        return
    if attached is None:
        return
    role = reach.configuration.stack_sets.bootstrap_role
    guard = service_control.Guard(attached, baseline, role, reach.session.partition)
    for part in coming:
        for denied in guard.denied(part.name, part.target):
            yield _denied(part.name, denied)


def _locked_out(plan: Plan, baseline: Baseline, reach: Reach) -> Iterator[Forecast]:
    """Whoever deploys may not change the central buckets, or could not the next time."""
    target = baseline.home
    if not any(step.part == Part(STORAGE, target) for step in _coming(plan)):
        return
    try:
        lists = observe.administrators(reach, baseline)
        protection.check_deployer(reach.session.arn, *lists)
    except ConfigurationError as error:
        yield Forecast(Verdict.FAILS, STORAGE, target, error.what, error.remedy)
    except BaselineError as error:
        yield _unseen(STORAGE, target, error)


def _denied(name: str, denied: service_control.Denied) -> Forecast:
    actions = denied.actions[0]
    if len(denied.actions) > 1:
        actions += f" and {len(denied.actions) - 1} more"
    why = f"{actions}: {denied.denial.why}"
    if denied.denial.certain:
        return Forecast(Verdict.FAILS, name, denied.target, why, _EXEMPT)
    return Forecast(Verdict.UNKNOWN, name, denied.target, why, _READ)


def _unseen(name: str, target: Target, error: BaselineError) -> Forecast:
    why = f"could not look: {error.what}"
    return Forecast(Verdict.UNKNOWN, name, target, why, error.remedy)


def _coming(plan: Plan) -> Iterator[Step]:
    for step in plan.steps:
        if step.action in _COMING and step.kind in (Kind.STACK, Kind.INSTANCE):
            yield step


_Looks = Mapping[Target, tuple[tuple[str, Check], ...]]


def _looks(plan: Plan, baseline: Baseline) -> _Looks:
    """What is to be asked, with the stack or StackSet for whose sake, by target."""
    looks: dict[Target, dict[tuple[str, str], tuple[str, Check]]] = defaultdict(dict)
    for step in plan.changes:
        if (
            step.kind in (Kind.STACK_SET, Kind.INSTANCE)
            and baseline.stack_set(step.part.name).managed
        ):
            looks[baseline.home]["", "trusted"] = (step.part.name, collisions.TRUSTED)
    made = [step.part for step in _coming(plan) if step.action is Action.CREATE]
    for step in plan.steps:
        if step.action is Action.CREATE and step.kind is Kind.STACK_SET:
            looks[step.part.target]["", "sets"] = (step.part.name, _stack_sets(plan))
        elif step.action is Action.CREATE:
            if step.kind is Kind.DELEGATION:
                main = Target(baseline.home.account_id, step.part.target.region)
                looks[main][step.part.name, "delegated"] = (step.part.name, collisions.DELEGATED)
            for check in collisions.questions(step.part.name):
                key = (step.part.name, f"{check.service} {check.name}")
                looks[step.part.target][key] = (step.part.name, check)
    # What the plan updates is not yet as it will be.
    changed = {step.part for step in _coming(plan)}
    stacks = {stack.part for stack in baseline.stacks}
    for needed in ({need for part in made for need in baseline.needs(part)} & stacks) - changed:
        for check in collisions.STANDING.get(needed.name, ()):
            looks[needed.target][needed.name, check.name] = (needed.name, check)
    return {target: tuple(asked.values()) for target, asked in looks.items()}


def _stack_sets(plan: Plan) -> Check:
    more = sum(s.action is Action.CREATE and s.kind is Kind.STACK_SET for s in plan.steps)

    def look(place: Place) -> str:
        found = place.ask("cloudformation", "list_stack_sets", Status="ACTIVE")["Summaries"]
        quotas.check(place, quotas.STACK_SETS, len(found), more)
        return "there is room"

    return Check("cloudformation", "quota", look)


@dataclass(frozen=True)
class _Looker:
    """Asks what is to be asked in one target, one question after the other."""

    baseline: Baseline
    reach: Reach
    looks: _Looks

    def look(self, target: Target) -> list[Forecast]:
        """The answers that are no good; raises when the account cannot be entered."""
        place = Place(self.reach.administer(target.account_id), target, self.baseline)
        judged = [self._judged(name, check, place) for name, check in self.looks[target]]
        # A recorder and its channel are kept together, so they are one prediction.
        kept = {(f.name, f.adopts): f for f in reversed(judged) if f and f.adopts}
        return [*kept.values(), *(f for f in judged if f and not f.adopts)]

    def _judged(self, name: str, check: Check, place: Place) -> Forecast | None:
        try:
            check.look(place)
        except Missing as missing:
            remedy = missing.remedy or _DEPLOY_FIRST
            keeps = (missing.key, missing.value) if isinstance(missing, Adoptable) else None
            verdict = Verdict.UNKNOWN if isinstance(missing, Doubtful) else Verdict.FAILS
            return Forecast(verdict, name, place.target, missing.detail, remedy, keeps)
        except BaselineError as error:
            return _unseen(name, place.target, error)
        return None
