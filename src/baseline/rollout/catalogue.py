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

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from baseline import templates
from baseline.configuration import Configuration
from baseline.errors import ConfigurationError
from baseline.organization import (
    DEFAULT_REGIONS,
    RECORD_GLOBAL_RESOURCES,
    Account,
    Organization,
    Target,
    check_pin,
    outer_units,
)
from baseline.rollout import (
    adoption,
    delegation,
    inviting,
    networks,
    protection,
    service_managed,
)
from baseline.rollout.adoption import Adopted
from baseline.rollout.delegation import Delegation
from baseline.rollout.service_managed import Automation, ServiceManaged
from baseline.templates import Member, Rule
from baseline.templates.analytics import NamedQuery

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

LEADING_REGION = "us-east-1"
_RUNTIME = ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")
_VCPUS = 2  # of each child, as audit-runner says
MAX_PARAMETER = 4_096  # bytes of one parameter's value [CloudFormation quotas]
# Of more accounts the key's policy would pass its 32 KB [KMS quotas], and the parameter its size.
MOST_LISTED = 300


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


def wanted(
    configuration: Configuration,
    organization: Organization,
    regions: Mapping[str, tuple[str, ...]],
    queries: Iterable[NamedQuery] = (),
    inviters: Mapping[str, str] | None = None,
) -> Baseline:
    """The baseline for ``organization``; ``regions`` are the enabled ones of each active account.

    ``queries`` are those that Athena's console shows; ``inviters`` the StackSets that invite
    accounts already. Raises ConfigurationError when the configuration asks for what cannot be.
    """
    _check(configuration, organization, regions)
    accounts = _chosen(configuration, organization)
    kinds = _Kinds(configuration, organization, accounts, regions, inviters or {})
    stack_sets = (
        *kinds.audit_roles(),
        *kinds.guardduty_main(),
        *kinds.guardduty_member(),
        *kinds.auditing(),
        *kinds.config_rules(),
        kinds.vpc(),
    )
    return Baseline(
        organization=organization,
        home_region=configuration.home_region,
        prefix=configuration.prefix,
        stacks=(
            *kinds.roles(),
            kinds.storage(),
            kinds.analytics(queries),
            kinds.aggregator(),
            *kinds.audit_runner(),
            *kinds.organization_trail(),
            *kinds.protection(stack_sets),
        ),
        stack_sets=stack_sets,
        warnings=(
            *_warnings(regions[organization.main_account_id], len(kinds.accounts)),
            *kinds.left_out(),
        ),
        inviters=kinds.inviters,
        adopted=kinds.adopted,
        delegation=kinds.delegation(),
    )


def _check(
    configuration: Configuration, organization: Organization, regions: Mapping[str, tuple[str, ...]]
) -> None:
    if not organization.id:
        raise ConfigurationError(
            "this account is in no organization, and the baseline is for organizations",
            remedy="Create one, or use credentials of an organization's main account.",
        )
    check_pin(organization.id, configuration, "these credentials belong to")
    if organization.main_account_id in configuration.exclude_accounts:
        raise ConfigurationError(
            "the main account cannot be left out: it holds the buckets and the StackSets",
            where="exclude_accounts",
            remedy=f"Remove {organization.main_account_id}.",
        )
    _check_batch(configuration)
    _check_global_region(configuration.global_region, regions[organization.main_account_id])
    _check_rules(configuration.config.rules or ())
    _check_guardduty(configuration, organization)
    if configuration.stack_sets.keep_on_leaving and not _is_service_managed(configuration):
        raise ConfigurationError(
            "only StackSets of mode service-managed notice by themselves that an account leaves",
            where="stack_sets.keep_on_leaving",
            remedy="Write mode: service-managed, or leave it out.",
        )


def _is_service_managed(configuration: Configuration) -> bool:
    return configuration.stack_sets.mode == "service-managed"


def _chosen(configuration: Configuration, organization: Organization) -> tuple[Account, ...]:
    """The main account, and the active members that are in the chosen OUs and not left out."""
    main, units = organization.main_account_id, set(_units(configuration, organization))
    return tuple(
        account
        for account in organization.active
        if account.id not in configuration.exclude_accounts
        and (account.id == main or not units or not units.isdisjoint(account.parents))
    )


def _units(configuration: Configuration, organization: Organization) -> tuple[str, ...]:
    """The ids of the chosen OUs; raises ConfigurationError."""
    return outer_units(organization, configuration.stack_sets.ous, "stack_sets.ous")


def _check_global_region(chosen: str, regions: tuple[str, ...]) -> None:
    able = [region for region in regions if region in RECORD_GLOBAL_RESOURCES]
    if chosen in able:
        return
    why = (
        "cannot record global resources: AWS Config does so only where it was before February 2022"
        if chosen in regions
        else "is not among the regions that are rolled out"
    )
    raise ConfigurationError(
        f"{chosen} {why}, so IAM would be recorded nowhere",
        where="config.global_region",
        remedy=f"Write one of: {', '.join(able)}"
        if able
        else f"Add a region that can, like {LEADING_REGION}, to regions.",
    )


def _check_guardduty(configuration: Configuration, organization: Organization) -> None:
    guardduty = configuration.guardduty
    chosen = guardduty.administrator
    active = {a.id for a in organization.active} - set(configuration.exclude_accounts)
    if guardduty.mode == "invitation" and (chosen or guardduty.protection_plans):
        raise ConfigurationError(
            "an administrator and protection plans are for mode delegated-admin",
            where="guardduty",
            remedy="Write mode: delegated-admin, or leave them out.",
        )
    if chosen and chosen not in active:
        raise ConfigurationError(
            f"{chosen} is no active account of the organization, or is left out",
            where="guardduty.administrator",
            remedy="See: baseline accounts",
        )
    if set(_RUNTIME) <= set(guardduty.protection_plans):
        raise ConfigurationError(
            f"{_RUNTIME[0]} is part of {_RUNTIME[1]}, and GuardDuty takes one of them",
            where="guardduty.protection_plans",
            remedy=f"Leave {_RUNTIME[0]} out.",
        )


def _check_rules(names: Iterable[str]) -> None:
    known = list(templates.rules())
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigurationError(
                f"there is no rule {name}",
                where="config.rules",
                remedy=f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}.",
            )


def _check_batch(configuration: Configuration) -> None:
    batch = configuration.audit.batch
    if not batch.image:
        return
    if configuration.audit.require_mfa:
        raise ConfigurationError(
            "no job can sign in with MFA, which the audit role asks for",
            where="audit.batch.image",
            remedy="Set audit.require_mfa to false, or leave AWS Batch out.",
        )
    if bool(batch.subnets) != bool(batch.security_groups):
        raise ConfigurationError(
            "subnets and security groups go together",
            where="audit.batch",
            remedy="Give both, or neither for a small network of its own.",
        )


def _warnings(regions: tuple[str, ...], accounts: int) -> Iterator[str]:
    if LEADING_REGION not in regions:
        yield (
            f"{LEADING_REGION} is not among the regions: events of IAM, STS and sign-in "
            "are delivered by a trail there and will be missing."
        )
    if accounts > MOST_LISTED:
        yield (
            f"{accounts:,} accounts cannot be listed one by one in the policies of {STORAGE}: "
            "CloudTrail's use of the key, and flow logs, are bound to the organization by "
            "aws:SourceOrgID. See that both arrive: baseline logs gaps."
        )


@dataclass(frozen=True)
class _Kinds:
    """Makes each kind of stack and StackSet for one organization."""

    configuration: Configuration
    organization: Organization
    accounts: tuple[Account, ...]
    regions: Mapping[str, tuple[str, ...]]
    found: Mapping[str, str]

    @property
    def _main(self) -> str:
        return self.organization.main_account_id

    @property
    def _home(self) -> str:
        return self.configuration.home_region

    def roles(self) -> Iterator[Stack]:
        opt_in = sorted(set(self.regions[self._main]) - set(DEFAULT_REGIONS))
        principals = ["cloudformation.amazonaws.com"]
        principals += [f"cloudformation.{region}.amazonaws.com" for region in opt_in]
        parameters = {
            "MainAccountId": self._main,
            "OrganizationId": self.organization.id,
            "Prefix": self.configuration.prefix,
            "ServicePrincipals": ",".join(principals),
            WITH_NETWORKS: str(bool(self._networks)).lower(),
        }
        for account in self.accounts:
            if self._has_roles(account.id):
                wave = 0 if account.id == self._main else 1
                yield self._stack(ROLES, account.id, parameters, wave)

    def _has_roles(self, account_id: str) -> bool:
        """Whether self-managed StackSets reach the account: networks have no others."""
        networked = {target.account_id for target in self._networks}
        return not self._by_service or account_id in {self._main, *networked}

    @property
    def _by_service(self) -> bool:
        return _is_service_managed(self.configuration)

    def storage(self) -> Stack:
        # Accounts that come later are on no list.
        listed = len(self.accounts) <= MOST_LISTED and not self._by_service
        parameters = {
            "OrganizationId": self.organization.id,
            "AccountIds": ",".join(account.id for account in self.accounts) if listed else "",
            "DeliveryBoundTo": "accounts" if listed else "organization",
            "Prefix": self.configuration.prefix,
            "RetentionDays": str(self.configuration.storage.retention_days),
            "QueryResultDays": str(self.configuration.storage.query_result_days),
            protection.ADMINISTRATORS: protection.administrators(self.configuration, self._main),
        }
        return self._stack(STORAGE, self._main, parameters, 1)

    @property
    def _has_one_trail(self) -> bool:
        return self.configuration.cloudtrail.mode == "organization"

    def organization_trail(self) -> Iterator[Stack]:
        """The one trail, where it takes the place of those of the accounts."""
        if self._has_one_trail:
            parameters = {
                "OrganizationId": self.organization.id,
                "Prefix": self.configuration.prefix,
                "LogGroupDays": str(self.configuration.cloudtrail.log_group_days),
            }
            yield self._stack(ORGANIZATION_TRAIL, self._main, parameters, 2)

    def protection(self, stack_sets: Iterable[StackSet]) -> Iterator[Stack]:
        """The policy that keeps members from switching it all off, where it is wanted."""
        if self.configuration.protection.ous:
            families = (service_managed.family(s.name) for s in stack_sets)
            in_members = dict.fromkeys(f for f in families if not inviting.invites(f))
            stacks = (ROLES, *(f"StackSet-{name}-*" for name in in_members))
            left_out = set(self.organization.active) - set(self.accounts)
            parameters = protection.parameters(
                self.configuration, self.organization, EXECUTION_ROLE, stacks, left_out
            )
            yield self._stack(protection.NAME, self._main, parameters, LAST)

    def audit_runner(self) -> Iterator[Stack]:
        """The stack for audits on AWS Batch, where there is an image for it."""
        audit, batch = self.configuration.audit, self.configuration.audit.batch
        if not batch.image:
            return
        parameters = {
            "OrganizationId": self.organization.id,
            "Prefix": self.configuration.prefix,
            "AuditRole": audit.role,
            "Repository": re.split("[:@]", batch.image)[0],
            "Image": batch.image,
            "Memory": str(batch.memory_mb),
            "MaxVcpus": str(batch.at_a_time * _VCPUS),
            "SubnetIds": ",".join(batch.subnets),
            "SecurityGroupIds": ",".join(batch.security_groups),
            "AssignPublicIp": "ENABLED" if batch.public_ip else "DISABLED",
            "ReportDays": str(batch.result_days),
            "Schedule": batch.schedule or "",
            "Settings": self._settings() if batch.schedule else "{}",
        }
        yield self._stack(RUNNER, self._main, parameters, 2)

    def _settings(self) -> str:
        """The configuration as a run that begins by itself gets it; raises ConfigurationError."""
        scoutsuite = self.configuration.audit.tools.scoutsuite
        if scoutsuite.enabled and scoutsuite.ruleset:
            raise ConfigurationError(
                f"a run that begins by itself cannot read {scoutsuite.ruleset}",
                where="audit.tools.scoutsuite.ruleset",
                remedy="Leave it out, or audit.batch.schedule, or switch ScoutSuite off.",
            )
        text = self.configuration.model_dump_json(exclude_defaults=True)
        if len(text) > MAX_PARAMETER:
            raise ConfigurationError(
                f"the configuration does not fit into one parameter of {RUNNER}, "
                f"which takes {MAX_PARAMETER:,} bytes",
                where="audit.batch.schedule",
                remedy="List fewer accounts, or leave the schedule out.",
            )
        return text

    def analytics(self, queries: Iterable[NamedQuery]) -> Stack:
        parameters = {
            "Prefix": self.configuration.prefix,
            "MaxScannedBytes": str(self.configuration.athena.max_scanned_bytes),
            "LogGroupDays": str(self.configuration.cloudtrail.log_group_days),
        }
        part = Part(ANALYTICS, Target(self._main, self._home))
        return Stack(part, templates.auditing_analytics(queries), parameters, 2)

    def audit_roles(self) -> Iterator[StackSet]:
        audit = self.configuration.audit
        parameters = self._central() | {
            "ExternalId": audit.external_id or "",
            "RequireMfa": str(audit.require_mfa).lower(),
        }
        targets = frozenset(Target(account.id, self._home) for account in self.accounts)
        body = templates.measured("audit-roles", templates.read("audit-roles"))
        yield from self._both(StackSet("audit-roles", body, parameters, targets, 2))

    def _both(self, whole: StackSet, *after: str, alone: bool = True) -> Iterator[StackSet]:
        """The StackSet, and the service-managed one; ``whole`` is that of mode self-managed.

        ``alone`` is whether an account can get it without anything being done in another.
        """
        main = frozenset(t for t in whole.targets if t.account_id == self._main)
        own = main if self._by_service else whole.targets
        yield replace(whole, targets=own)
        automation = Automation(
            alone,
            alone and self.configuration.stack_sets.keep_on_leaving,
            tuple(map(service_managed.named, after)),
        )
        units = _units(self.configuration, self.organization) or (self._root,)
        others = whole.targets - own
        regions = frozenset(target.region for target in others)
        managed = ServiceManaged(units, self._inside(units), regions, automation)
        name = service_managed.named(whole.name)
        yield replace(whole, name=name, targets=others, managed=managed)

    @property
    def _root(self) -> str:
        return self.organization.units.get("/", "")

    def _inside(self, units: tuple[str, ...]) -> frozenset[str]:
        """All members in units, also those of which StackSets should keep off."""
        return frozenset(
            a.id for a in self.organization.members if not set(units).isdisjoint(a.parents)
        )

    def guardduty_main(self) -> Iterator[StackSet]:
        """Detectors with as many members as there is room for, and StackSets for the others."""
        for name, members in self._invited.items():
            first = name == inviting.FIRST
            wanted = first or bool(members)
            targets = (t for t in self._everywhere() if t.account_id == self._main)
            yield StackSet(
                name=name,
                # Without resources there is no template; what is wanted nowhere needs none.
                body=self._invitations(name, members) if wanted else "",
                parameters=self._frequency() if first else {},
                targets=frozenset(targets if wanted else ()),
                wave=2 if first else 3,
            )

    def _invitations(self, name: str, members: list[Member]) -> str:
        if name != inviting.FIRST:
            return templates.more_members(members)
        kept = {
            t.region: d for t, d in self.adopted.detectors.items() if t.account_id == self._main
        }
        everywhere = dict.fromkeys(self.regions[self._main], "none")
        return templates.guardduty_main(members, everywhere | kept if kept else None)

    @cached_property
    def adopted(self) -> Adopted:
        """What stays as it is."""
        return adoption.adopted(self.configuration.adopt, frozenset(self._everywhere()))

    @cached_property
    def _invited(self) -> dict[str, list[Member]]:
        members = [Member(a.id, a.email) for a in self.accounts if a.id != self._main]
        return inviting.placed(() if self._delegates else members, self.found)

    @property
    def _delegates(self) -> bool:
        return self.configuration.guardduty.mode == "delegated-admin"

    def delegation(self) -> Delegation | None:
        """GuardDuty for the organization; the home region is the first."""
        guardduty = self.configuration.guardduty
        administrator = guardduty.administrator or self._main
        regions = sorted(self.regions[self._main], key=lambda r: (r != self._home, r))
        targets = set(self._everywhere())
        accounts = {
            region: frozenset(
                a.id
                for a in self.accounts
                if a.id != administrator and Target(a.id, region) in targets
            )
            for region in regions
            if Target(administrator, region) in targets
        }
        if not self._delegates:
            return None
        # Whom GuardDuty takes in by itself, also with what is left out here.
        left_out = () if guardduty.auto_enable == "ALL" else self.configuration.exclude_accounts
        return Delegation(
            administrator=administrator,
            main=self._main,
            auto_enable=guardduty.auto_enable,
            plans=guardduty.protection_plans,
            frequency=guardduty.finding_publishing_frequency,
            accounts=accounts,
            ours=frozenset(a.id for a in self.organization.accounts) - set(left_out),
        )

    @property
    def inviters(self) -> dict[str, str]:
        """The StackSet that invites each member account."""
        return {m.account_id: name for name, some in self._invited.items() for m in some}

    def guardduty_member(self) -> Iterator[StackSet]:
        parameters = {"MainAccountId": self._main} | self._frequency()
        targets = frozenset(
            t for t in self._everywhere() if t.account_id != self._main and not self._delegates
        )
        kept = {t: d for t, d in self.adopted.detectors.items() if t in targets}
        body = templates.guardduty_member({(t.account_id, t.region): d for t, d in kept.items()})
        # After all who invite; nobody has invited an account that comes later.
        wave = 4 if len(self._invited) > 1 else 3
        yield from self._both(StackSet(MEMBERS, body, parameters, targets, wave), alone=False)

    def auditing(self) -> Iterator[StackSet]:
        parameters = self._central() | {
            "GlobalConfigRegion": self.configuration.global_region,
            "LogGroupDays": str(self.configuration.cloudtrail.log_group_days),
            "TrailIs": "organization" if self._has_one_trail else "made",
        }
        kept = self.adopted
        body = templates.auditing(_places(kept.recorders), _places(kept.trails))
        everywhere = frozenset(self._everywhere())
        yield from self._both(StackSet("auditing", body, parameters, everywhere, 3), "audit-roles")

    def config_rules(self) -> Iterator[StackSet]:
        """With no rule chosen it is wanted nowhere."""
        chosen = [rule for rule in templates.rules().values() if self._wants(rule)]
        whole = StackSet(
            name=RULES,
            body=templates.config_rules(chosen),
            parameters={
                "GlobalConfigRegion": self.configuration.global_region,
                "Prefix": self.configuration.prefix,
            },
            targets=frozenset(self._everywhere() if chosen else ()),
            wave=4,
        )
        yield from self._both(whole, "auditing")

    def _wants(self, rule: Rule) -> bool:
        names = self.configuration.config.rules
        return rule.default if names is None else rule.name in names

    def vpc(self) -> StackSet:
        """With no account or no region chosen it is wanted nowhere."""
        vpc, assigned = self.configuration.vpc, self._networks
        named = networks.mappings(vpc)
        return StackSet(
            name=VPC,
            body=templates.vpc(_by_mapping(assigned, named)),
            parameters=self._central()
            | ({"Network": networks.FIRST} if assigned else {})
            | {
                # An eighth of the network: three bits less than it has.
                "SubnetBits": str(29 - vpc.network_size),
                "Name": vpc.name,
                "Zones": str(vpc.zones),
                "PublicSubnets": str(vpc.public_subnets).lower(),
                "Nat": vpc.nat,
                "S3Endpoint": str("s3" in vpc.gateway_endpoints).lower(),
                "DynamoDbEndpoint": str("dynamodb" in vpc.gateway_endpoints).lower(),
                "InterfaceEndpoints": ",".join(vpc.interface_endpoints),
                "FlowLogFormat": vpc.flow_log_format,
                "AggregationSeconds": str(vpc.aggregation_seconds),
                "LogGroupDays": str(vpc.log_group_days),
            },
            targets=frozenset(assigned),
            wave=2,
            overrides={
                account: {"Network": name}
                for account, name in named.items()
                if name != networks.FIRST
            },
        )

    @cached_property
    def _networks(self) -> networks.Networks:
        """The networks of the accounts and regions that are rolled out."""
        everywhere = set(self._everywhere())
        wanted = networks.assigned(self.configuration.vpc)
        return {target: network for target, network in wanted.items() if target in everywhere}

    def left_out(self) -> Iterator[str]:
        """What is configured in vain: networks where nothing is rolled out, accounts left out."""
        yield from self._without_global_region()
        guardduty, excluded = self.configuration.guardduty, self.configuration.exclude_accounts
        if self._delegates and guardduty.auto_enable == "ALL" and excluded:
            yield (
                "With guardduty.auto_enable ALL GuardDuty takes in every account, also those of "
                "exclude_accounts."
            )
        vpc = self.configuration.vpc
        wanted = {t.account_id for t in networks.assigned(vpc)}
        for account in sorted(wanted - {a.id for a in self.organization.accounts}):
            yield f"{account} of vpc is not in the organization; its place is kept."
        regions = {r for names in self.regions.values() for r in names}
        for region in sorted({*vpc.regions, *(n.region for n in vpc.networks)} - regions):
            yield f"{region} of vpc is not among the regions that are rolled out."

        for target in adoption.in_vain(self.configuration.adopt, frozenset(self._everywhere())):
            yield f"{target} of adopt is not among the accounts and regions that are rolled out."

    def _without_global_region(self) -> Iterator[str]:
        chosen = self.configuration.global_region
        lacking = [a.id for a in self.accounts if chosen not in self.regions[a.id]]
        if lacking:
            yield (
                f"{chosen}, which alone records global resources, is not enabled in "
                f"{', '.join(lacking)}: IAM is recorded nowhere there."
            )

    def aggregator(self) -> Stack:
        return self._stack(AGGREGATOR, self._main, {"Prefix": self.configuration.prefix}, 1)

    def _central(self) -> dict[str, str]:
        return {
            "MainAccountId": self._main,
            "HomeRegion": self._home,
            "Prefix": self.configuration.prefix,
        }

    def _frequency(self) -> dict[str, str]:
        return {
            "FindingPublishingFrequency": self.configuration.guardduty.finding_publishing_frequency
        }

    def _everywhere(self) -> Iterator[Target]:
        for account in self.accounts:
            for region in self.regions[account.id]:
                yield Target(account.id, region)

    def _stack(self, name: str, account_id: str, parameters: dict[str, str], wave: int) -> Stack:
        part = Part(name, Target(account_id, self._home))
        body = templates.measured(name, templates.read(name))
        return Stack(part, body, parameters, wave)


def _places(targets: Iterable[Target]) -> list[tuple[str, str]]:
    return [(target.account_id, target.region) for target in targets]


def _by_mapping(
    assigned: networks.Networks, named: Mapping[str, str]
) -> dict[str, dict[str, dict[str, str]]]:
    """The networks as a template's mappings have them: by mapping, region and account."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for target, network in assigned.items():
        found[named[target.account_id]][target.region][target.account_id] = str(network)
    return found
