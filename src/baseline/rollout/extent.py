"""Where the configuration has the baseline go in an organization, and in which modes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from baseline.configuration import Configuration
from baseline.organization import Account, Organization, Target, outer_units
from baseline.rollout import adoption, networks
from baseline.rollout.adoption import Adopted
from baseline.rollout.networks import Networks

# Of more accounts the key's policy would pass its 32 KB [KMS quotas], and the parameter its size.
MOST_LISTED = 300


@dataclass(frozen=True)
class Extent:
    """The accounts and regions of one organization that are rolled out.

    ``regions`` are the enabled ones of each active account. What depends on the units or networks
    that are configured raises ConfigurationError when these cannot be.
    """

    configuration: Configuration
    organization: Organization
    regions: Mapping[str, tuple[str, ...]]

    @property
    def main(self) -> str:
        """The id of the main account."""
        return self.organization.main_account_id

    @property
    def home(self) -> str:
        """The home region."""
        return self.configuration.home_region

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """The main account, and the active members in the chosen OUs that are not left out."""
        units = set(self.units)
        return tuple(
            account
            for account in self.organization.active
            if account.id not in self.configuration.exclude_accounts
            and (account.id == self.main or not units or not units.isdisjoint(account.parents))
        )

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The ids of the chosen OUs."""
        return outer_units(self.organization, self.configuration.stack_sets.ous, "stack_sets.ous")

    @cached_property
    def everywhere(self) -> frozenset[Target]:
        """Each account in each of its regions."""
        return frozenset(
            Target(account.id, region)
            for account in self.accounts
            for region in self.regions[account.id]
        )

    @cached_property
    def networks(self) -> Networks:
        """The networks of the accounts and regions that are rolled out."""
        wanted = networks.assigned(self.configuration.vpc)
        return {target: network for target, network in wanted.items() if target in self.everywhere}

    @cached_property
    def adopted(self) -> Adopted:
        """What stays as it is."""
        return adoption.adopted(self.configuration.adopt, self.everywhere)

    @property
    def listable(self) -> bool:
        """Whether the accounts are few enough to be listed one by one in a policy."""
        return len(self.accounts) <= MOST_LISTED

    @property
    def by_service(self) -> bool:
        """Whether StackSets of the members have service-managed permissions."""
        return self.configuration.stack_sets.mode == "service-managed"

    @property
    def has_one_trail(self) -> bool:
        """Whether one trail records for the whole organization."""
        return self.configuration.cloudtrail.mode == "organization"

    @property
    def delegates(self) -> bool:
        """Whether GuardDuty has an administrator for the organization, and nobody is invited."""
        return self.configuration.guardduty.mode == "delegated-admin"
