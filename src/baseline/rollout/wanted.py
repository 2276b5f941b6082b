"""What a configuration wants in an organization: the baseline that should be there. Pure."""

from collections.abc import Iterable, Mapping

from baseline.configuration import Configuration
from baseline.organization import Organization
from baseline.rollout import consistency, wanted_guardduty, wanted_stack_sets, wanted_stacks
from baseline.rollout.catalogue import Baseline
from baseline.rollout.extent import Extent
from baseline.rollout.wanted_guardduty import GuardDuty
from baseline.templates.analytics import NamedQuery


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
    extent = Extent(configuration, organization, regions)
    consistency.check(extent)
    guardduty = GuardDuty(extent, inviters or {})
    stack_sets = (
        *wanted_stack_sets.audit_roles(extent),
        *guardduty.main_stack_sets(),
        *guardduty.member_stack_sets(),
        *wanted_stack_sets.auditing(extent),
        *wanted_stack_sets.config_rules(extent),
        wanted_stack_sets.vpc(extent),
    )
    return Baseline(
        organization=organization,
        home_region=configuration.home_region,
        prefix=configuration.prefix,
        stacks=tuple(wanted_stacks.stacks(extent, stack_sets, queries)),
        stack_sets=stack_sets,
        warnings=tuple(consistency.warnings(extent)),
        inviters=guardduty.inviters,
        adopted=extent.adopted,
        delegation=wanted_guardduty.delegation(extent),
    )
