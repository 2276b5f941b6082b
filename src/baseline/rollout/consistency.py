"""Whether what is configured fits the organization. Pure.

What cannot be is refused; what lacks something, or is configured in vain, is said.
"""

import difflib
from collections.abc import Iterable, Iterator

from baseline import templates
from baseline.errors import ConfigurationError
from baseline.organization import RECORD_GLOBAL_RESOURCES, check_pin
from baseline.rollout import adoption, networks
from baseline.rollout.catalogue import STORAGE
from baseline.rollout.extent import Extent

LEADING_REGION = "us-east-1"
_RUNTIME = ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")


def check(extent: Extent) -> None:
    """Raise ConfigurationError when the configuration asks for what cannot be."""
    _check_organization(extent)
    _check_batch(extent)
    _check_global_region(extent)
    _check_rules(extent.configuration.config.rules or ())
    _check_guardduty(extent)
    if extent.configuration.stack_sets.keep_on_leaving and not extent.by_service:
        raise ConfigurationError(
            "only StackSets of mode service-managed notice by themselves that an account leaves",
            where="stack_sets.keep_on_leaving",
            remedy="Write mode: service-managed, or leave it out.",
        )


def _check_organization(extent: Extent) -> None:
    configuration, organization = extent.configuration, extent.organization
    if not organization.id:
        raise ConfigurationError(
            "this account is in no organization, and the baseline is for organizations",
            remedy="Create one, or use credentials of an organization's main account.",
        )
    check_pin(organization.id, configuration, "these credentials belong to")
    if extent.main in configuration.exclude_accounts:
        raise ConfigurationError(
            "the main account cannot be left out: it holds the buckets and the StackSets",
            where="exclude_accounts",
            remedy=f"Remove {extent.main}.",
        )


def _check_batch(extent: Extent) -> None:
    audit, batch = extent.configuration.audit, extent.configuration.audit.batch
    if not batch.image:
        return
    if audit.require_mfa:
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


def _check_global_region(extent: Extent) -> None:
    chosen, regions = extent.configuration.global_region, extent.regions[extent.main]
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


def _check_guardduty(extent: Extent) -> None:
    guardduty = extent.configuration.guardduty
    chosen = guardduty.administrator
    active = {a.id for a in extent.organization.active} - set(extent.configuration.exclude_accounts)
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


def warnings(extent: Extent) -> Iterator[str]:
    """What is rolled out and lacks something, and what is configured in vain: one sentence each."""
    yield from _lacking(extent)
    yield from _without_global_region(extent)
    yield from _taken_in(extent)
    yield from _in_vain(extent)


def _lacking(extent: Extent) -> Iterator[str]:
    if LEADING_REGION not in extent.regions[extent.main]:
        yield (
            f"{LEADING_REGION} is not among the regions: events of IAM, STS and sign-in "
            "are delivered by a trail there and will be missing."
        )
    if not extent.listable:
        yield (
            f"{len(extent.accounts):,} accounts cannot be listed one by one in the policies of "
            f"{STORAGE}: CloudTrail's use of the key, and flow logs, are bound to the organization "
            "by aws:SourceOrgID. See that both arrive: baseline logs gaps."
        )


def _without_global_region(extent: Extent) -> Iterator[str]:
    chosen = extent.configuration.global_region
    lacking = [a.id for a in extent.accounts if chosen not in extent.regions[a.id]]
    if lacking:
        yield (
            f"{chosen}, which alone records global resources, is not enabled in "
            f"{', '.join(lacking)}: IAM is recorded nowhere there."
        )


def _taken_in(extent: Extent) -> Iterator[str]:
    guardduty, excluded = extent.configuration.guardduty, extent.configuration.exclude_accounts
    if extent.delegates and guardduty.auto_enable == "ALL" and excluded:
        yield (
            "With guardduty.auto_enable ALL GuardDuty takes in every account, also those of "
            "exclude_accounts."
        )


def _in_vain(extent: Extent) -> Iterator[str]:
    """Networks, and what is adopted, where nothing is rolled out."""
    vpc = extent.configuration.vpc
    wanted = {t.account_id for t in networks.assigned(vpc)}
    for account in sorted(wanted - {a.id for a in extent.organization.accounts}):
        yield f"{account} of vpc is not in the organization; its place is kept."
    regions = {r for names in extent.regions.values() for r in names}
    for region in sorted({*vpc.regions, *(n.region for n in vpc.networks)} - regions):
        yield f"{region} of vpc is not among the regions that are rolled out."
    for target in adoption.in_vain(extent.configuration.adopt, extent.everywhere):
        yield f"{target} of adopt is not among the accounts and regions that are rolled out."
