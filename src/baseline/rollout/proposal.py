"""From what is there already to the settings that keep it: what ``baseline init`` writes.

There is room for one recorder, channel and detector, and for one trail of a name: what is in such a
place is adopted. Whether a trail of another name takes the place of ours is for people to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from baseline.configuration import (
    Adopt,
    CloudTrail,
    Configuration,
    GuardDuty,
    ProtectionPlan,
    StackSets,
)
from baseline.errors import BaselineError
from baseline.organization import Organization, Target
from baseline.rollout import adoption, observe, service_managed, standing
from baseline.rollout.adoption import AUDITING, MAIN, MEMBERS
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.delegating import Delegating
from baseline.rollout.inventory import Found, Inventory, Kind, Unseen
from baseline.rollout.reach import Reach, Regions
from baseline.rollout.service_managed import Managing
from baseline.rollout.state import StackSetState, State, Unknown
from baseline.rollout.wanted import wanted

_STACKS = "stacks that no StackSet has"


@dataclass(frozen=True)
class Proposal:
    """Settings, what is there that the baseline did not make, and what could not be looked at.

    ``main`` is the main account.
    """

    settings: Configuration
    theirs: tuple[Found, ...]
    unseen: tuple[Unseen, ...]
    main: str

    def keeps(self, one: Found) -> str:
        """The setting that follows from what was found; empty where none does."""
        match one.kind:
            case Kind.ORGANIZATION_TRAIL:
                return "cloudtrail.mode"
            case Kind.ADMINISTRATOR:
                return "guardduty.mode"
        key = _key(one, self.settings, self.main)
        return f"adopt.{key}" if key else ""

    @property
    def choices(self) -> Adopt:
        """What could be adopted and is not: trails that do what the baseline's would."""
        adopted = {
            Target(account, region)
            for account, regions in self.settings.adopt.cloudtrail.items()
            for region in regions
        }
        if self.settings.cloudtrail.mode == "organization":
            return Adopt()
        covered = {
            Target(one.target.account_id, region)
            for one in self.theirs
            if one.kind is Kind.TRAIL
            for region in one.covers
        }
        return adoption.setting(("cloudtrail", target, "") for target in covered - adopted)


def propose(
    reach: Reach, settings: Configuration, regions: Regions, inventory: Inventory
) -> Proposal:
    """The ``settings`` with all that is there and can stay.

    What the baseline made itself, before a file was written again, is not adopted.
    """
    organization, unseen = reach.organization, list(inventory.unseen)
    settings = settings.model_copy(update={"cloudtrail": _cloudtrail(inventory)})
    for there in _administrators(settings, inventory):
        settings = settings.model_copy(update={"guardduty": _delegating(there)})
        try:
            settings = _as_it_is(reach, settings, regions, there)
        except BaselineError as error:
            unseen.append(Unseen(there.target, "what the administrator switches on", error))
    candidates = _adopting(settings, organization, inventory.found)
    baseline = wanted(candidates, organization, regions.by_account)
    state = observe.read_stack_sets(reach, baseline)
    settings = settings.model_copy(update={"stack_sets": _stack_sets(settings, baseline, state)})
    unseen += [Unseen(t, _STACKS, _error(found)) for t, found in sorted(state.unseen.items())]
    theirs = tuple(one for one in inventory.found if not _made(one, baseline, state))
    adopting = _adopting(settings, organization, theirs)
    return Proposal(adopting, theirs, tuple(unseen), organization.main_account_id)


def _stack_sets(settings: Configuration, baseline: Baseline, state: State) -> StackSets:
    """How stacks come into the members as it is: in the mode that has begun, and by which OUs."""
    organization = baseline.organization
    managing = [
        (found.managing, {i.unit for i in found.instances.values() if i.unit})
        for found in state.stack_sets.values()
        if found.managing and found.owner == organization.id and _does(found, found.managing)
    ]
    if not managing:
        return settings.stack_sets
    there, root = set(organization.units.values()), organization.units.get("/")
    units = there & {unit for found, by in managing for unit in (*found.regions, *by)}
    as_it_is = {
        "mode": "service-managed",
        "ous": () if root in units else tuple(sorted(units)),
        "keep_on_leaving": any(found.automation.keeps_stacks for found, _ in managing),
    }
    return settings.stack_sets.model_copy(update=as_it_is)


def _does(found: StackSetState, managing: Managing) -> bool:
    """Whether a StackSet has stacks or will; else it only tells that stacks of it are there."""
    return bool(found.instances) or managing.automation.on


def _error(found: Unknown) -> BaselineError:
    return BaselineError(found.cause, remedy=found.remedy)


def _cloudtrail(inventory: Inventory) -> CloudTrail:
    """Where one trail records everything already, one is what is known there."""
    one_for_all = any(inventory.of(Kind.ORGANIZATION_TRAIL))
    return CloudTrail(mode="organization" if one_for_all else "account")


def _administrators(settings: Configuration, inventory: Inventory) -> list[Found]:
    """Who administers GuardDuty: in the home region, or else in the first that has somebody."""
    found = inventory.of(Kind.ADMINISTRATOR)
    return sorted(found, key=lambda f: f.target.region != settings.home_region)[:1]


def _delegating(there: Found) -> GuardDuty:
    """Until more is known, what changes least."""
    return GuardDuty(mode="delegated-admin", administrator=there.name, auto_enable="NEW")


def _as_it_is(
    reach: Reach, settings: Configuration, regions: Regions, there: Found
) -> Configuration:
    """The ``settings`` with what the administrator switches on; raises where it cannot be asked."""
    delegation = wanted(settings, reach.organization, regions.by_account).delegation
    assert delegation  # by its type it may be None
    found = Delegating(reach, delegation, there.target.region, {}).read()
    on = {plan for plan, whom in found.plans.items() if whom != "NONE"}
    if "RUNTIME_MONITORING" in on:  # which has the other in it
        on.discard("EKS_RUNTIME_MONITORING")
    as_it_is = {
        "auto_enable": found.auto_enable if found.auto_enable == "ALL" else "NEW",
        "protection_plans": tuple(plan for plan in get_args(ProtectionPlan) if plan in on),
        "finding_publishing_frequency": found.frequency or "FIFTEEN_MINUTES",
    }
    return settings.model_copy(update={"guardduty": settings.guardduty.model_copy(update=as_it_is)})


def _adopting(
    settings: Configuration, organization: Organization, found: Iterable[Found]
) -> Configuration:
    """The ``settings`` that keep what is in a place where the baseline has one for itself."""
    main = organization.main_account_id
    kept = [
        (key, one.target, one.name if key == "guardduty" else "")
        for one in found
        if (key := _key(one, settings, main))
    ]
    return settings.model_copy(update={"adopt": adoption.setting(kept)})


def _key(one: Found, settings: Configuration, main: str) -> str:
    """The key below ``adopt`` that keeps it; empty for what needs none."""
    match one.kind:
        case Kind.RECORDER | Kind.CHANNEL:
            return "config"
        case Kind.DETECTOR:
            # An administrator's organization has those of the members in its own hands.
            invites = settings.guardduty.mode == "invitation"
            return "guardduty" if invites or one.target.account_id == main else ""
        case Kind.TRAIL:
            in_the_way = settings.cloudtrail.mode == "account" and one.name == settings.prefix
            return "cloudtrail" if in_the_way else ""
    return ""


def _made(one: Found, baseline: Baseline, state: State) -> bool:
    """Whether the baseline itself made it."""
    match one.kind:
        case Kind.RECORDER | Kind.CHANNEL:
            return _in_a_stack(state, AUDITING, one.target, "ConfigurationRecorder")
        case Kind.DETECTOR:
            name = MAIN if one.target.account_id == baseline.home.account_id else MEMBERS
            return _in_a_stack(state, name, one.target, "Detector")
        case Kind.TRAIL:
            ours = one.name == baseline.prefix
            return ours and _in_a_stack(state, AUDITING, one.target, "Trail")
        case Kind.ORGANIZATION_TRAIL:
            return one.name == baseline.organization_trail_name
    return False


def _in_a_stack(state: State, name: str, target: Target, resource: str) -> bool:
    """Whether a stack of the template ``name`` made the resource, whichever StackSet has it.

    Or may have made it, where nobody could look for stacks that no StackSet has.
    """
    parts = (Part(one, target) for one in service_managed.namesakes(name))
    return target in state.unseen or any(standing.made(state, part, resource) for part in parts)
