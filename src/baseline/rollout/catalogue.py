"""What should be: the baseline of one organization as stacks and StackSets. Pure values.

Who needs whom::

    wave 0   stack-set-roles in the main account
    wave 1   stack-set-roles in the members, auditing-storage
    wave 2   audit-roles, guardduty-main, auditing-analytics (after the buckets); audit-runner,
             vpc and organization-trail where they are configured
    wave 3   guardduty-member (after the invitations), auditing (after roles and buckets);
             guardduty-main-2 and further ones, where there are many members
    wave 4   config-rules (after the recorders); guardduty-member, where there are many
    wave 5   protection, where it is configured: last, and so the first that is removed

With GuardDuty's delegated administrator nobody is invited: in wave 3 it is named in the home
region, and in wave 4 in all others.

The aggregator of Config, in the main account, needs nobody.

In mode service-managed each StackSet of the members has a second one, named after it, of the same
template: the main account stays in the first, and stack-set-roles are where the first still are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from baseline import templates
from baseline.organization import Account, Organization, Target
from baseline.rollout import delegation, inviting, protection, service_managed
from baseline.rollout.adoption import Adopted
from baseline.rollout.delegation import Delegation
from baseline.rollout.service_managed import ServiceManaged

ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
ROLES = "stack-set-roles"
STORAGE = "auditing-storage"
ANALYTICS = "auditing-analytics"
MEMBERS = "guardduty-member"
RULES = "config-rules"
AGGREGATOR = "config-aggregator"
RUNNER = "audit-runner"
VPC = "vpc"
ORGANIZATION_TRAIL = "organization-trail"
# The parameter of the roles by which StackSets may make networks.
WITH_NETWORKS = "WithNetworks"
# Stacks of the main account that are there only where they are configured.
OPTIONAL = (RUNNER, ORGANIZATION_TRAIL, protection.NAME)
# What needs none of the StackSets' roles.
_ALONE = (STORAGE, ANALYTICS, AGGREGATOR, *OPTIONAL, delegation.NAME)
NAMES = (*templates.NAMES, delegation.NAME)
WAVES = 6
LAST = WAVES - 1


@dataclass(frozen=True, order=True)
class Part:
    """One stack, or one instance of a StackSet: the smallest thing that is rolled out."""

    name: str
    target: Target

    def __str__(self) -> str:
        return f"{self.name} {self.target}"


@dataclass(frozen=True)
class Stack:
    """A stack of its own, outside StackSets."""

    part: Part
    body: str
    parameters: Mapping[str, str]
    wave: int

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.part.name

    def given(self, _account_id: str) -> Mapping[str, str]:
        """Its parameters."""
        return self.parameters


@dataclass(frozen=True)
class StackSet:
    """A StackSet, and the targets in which it should have an instance.

    ``overrides`` are the parameters that are others in an account, by its id; ``managed`` is what
    only a service-managed one has.
    """

    name: str
    body: str
    parameters: Mapping[str, str]
    targets: frozenset[Target]
    wave: int
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    managed: ServiceManaged | None = None

    def given(self, account_id: str) -> Mapping[str, str]:
        """The parameters of its instances in an account."""
        return {**self.parameters, **self.overrides.get(account_id, {})}


@dataclass(frozen=True)
class Baseline:
    """Everything that should be in one organization.

    ``inviters`` are the StackSets by which accounts are invited to GuardDuty, by their ids.
    """

    organization: Organization
    home_region: str
    prefix: str
    stacks: tuple[Stack, ...]
    stack_sets: tuple[StackSet, ...]
    warnings: tuple[str, ...] = field(default=())
    inviters: Mapping[str, str] = field(default_factory=dict)
    adopted: Adopted = field(default_factory=Adopted)
    delegation: Delegation | None = None

    @property
    def has_one_trail(self) -> bool:
        """Whether one trail records for the whole organization."""
        return any(stack.name == ORGANIZATION_TRAIL for stack in self.stacks)

    @property
    def organization_trail_name(self) -> str:
        """What that trail is called."""
        return f"{self.prefix}-organization"

    @property
    def home(self) -> Target:
        """The main account in the home region, where StackSets and buckets are."""
        return Target(self.organization.main_account_id, self.home_region)

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """All accounts of the organization, by their ids."""
        return {account.id: account for account in self.organization.accounts}

    @cached_property
    def chosen(self) -> frozenset[str]:
        """The accounts that are not left out."""
        return frozenset(t.account_id for s in self.stack_sets for t in s.targets)

    @cached_property
    def _names(self) -> Mapping[tuple[str, bool], str]:
        """The StackSets that are wanted, by template and by whether they are the main account's."""
        main = self.home.account_id
        return {
            (service_managed.family(s.name), account_id == main): s.name
            for s in self.stack_sets
            if not inviting.invites(s.name)
            for account_id in {t.account_id for t in s.targets}
        }

    def instance(self, name: str, target: Target) -> Part:
        """The instance of the template ``name`` in a target, whichever StackSet it belongs to."""
        main = target.account_id == self.home.account_id
        return Part(self._names.get((name, main), name), target)

    def stack_set(self, name: str) -> StackSet:
        """The StackSet called ``name``."""
        return next(s for s in self.stack_sets if s.name == name)

    def types(self, name: str) -> dict[str, str]:
        """The type of each resource in the template of the stack or StackSet ``name``."""
        parts: list[Stack | StackSet] = [*self.stacks, *self.stack_sets]
        return templates.types(next(part.body for part in parts if part.name == name))

    def bucket(self, purpose: str) -> str:
        """The name of the central bucket for cloudtrail, config, flowlogs or query-results."""
        return f"{self.prefix}-{purpose}-{self.home.account_id}-{self.home_region}"

    @property
    def _over_storage(self) -> tuple[str, ...]:
        """What delivers to the central buckets, or may be too large to be sent as text."""
        large = (inviting.FIRST, MEMBERS) if self.adopted.detectors else ()
        return ("auditing", ANALYTICS, VPC, ORGANIZATION_TRAIL, *large)

    def needs(self, part: Part) -> Iterator[Part]:
        """What has to be there before ``part`` can be made."""
        account_id, name = part.target.account_id, service_managed.family(part.name)
        if part.name == RUNNER:
            # Its bucket is encrypted with the key that is there.
            yield Part(STORAGE, self.home)
        if part != Part(ROLES, self.home) and part.name not in _ALONE:
            yield Part(ROLES, self.home)
        if part.name not in (ROLES, *_ALONE):
            yield Part(ROLES, Target(account_id, self.home_region))
        yield from self._guardduty_needs(part)
        if name == "audit-roles" and account_id != self.home.account_id:
            # Whoever looks at a member looks at the main account, too.
            yield Part("audit-roles", self.home)
        if name == "auditing":
            yield self.instance("audit-roles", Target(account_id, self.home_region))
            # Its trails end when the organization's is there, and that when they are.
            yield Part(ORGANIZATION_TRAIL, self.home)
        if name in self._over_storage:
            yield Part(STORAGE, self.home)
        if name == RULES:
            yield self.instance("auditing", part.target)

    def delegated(self, region: str) -> Part:
        """The delegation in a region, which has to be wanted."""
        assert self.delegation  # by its type it may be None
        return Part(delegation.NAME, Target(self.delegation.administrator, region))

    def _guardduty_needs(self, part: Part) -> Iterator[Part]:
        """Members need invitations, and all need the main account's own GuardDuty."""
        region = part.target.region
        own = Part(inviting.FIRST, Target(self.home.account_id, region))
        if service_managed.family(part.name) == MEMBERS:
            yield replace(own, name=self.inviters.get(part.target.account_id, inviting.FIRST))
        elif part.name == delegation.NAME:
            yield own
            if self.delegation and region != self.delegation.first:
                yield self.delegated(self.delegation.first)
        elif inviting.invites(part.name) and part != own:
            yield own
