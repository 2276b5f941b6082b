"""The stacks that should be outside of StackSets. Pure."""

import re
from collections.abc import Iterable, Iterator

from baseline import templates
from baseline.errors import ConfigurationError
from baseline.organization import DEFAULT_REGIONS, Target
from baseline.rollout import inviting, protection, service_managed
from baseline.rollout.catalogue import (
    AGGREGATOR,
    ANALYTICS,
    EXECUTION_ROLE,
    LAST,
    ORGANIZATION_TRAIL,
    ROLES,
    RUNNER,
    STORAGE,
    WITH_NETWORKS,
    Part,
    Stack,
    StackSet,
)
from baseline.rollout.extent import Extent
from baseline.templates.analytics import NamedQuery

_VCPUS = 2  # of each child, as audit-runner says
MAX_PARAMETER = 4_096  # bytes of one parameter's value [CloudFormation quotas]


def stacks(
    extent: Extent, stack_sets: Iterable[StackSet], queries: Iterable[NamedQuery]
) -> Iterator[Stack]:
    """All of them; ``stack_sets`` are the others that should be, ``queries`` those for Athena."""
    yield from _roles(extent)
    yield _storage(extent)
    yield _analytics(extent, queries)
    yield _aggregator(extent)
    yield from _audit_runner(extent)
    yield from _organization_trail(extent)
    yield from _protection(extent, stack_sets)


def _roles(extent: Extent) -> Iterator[Stack]:
    opt_in = sorted(set(extent.regions[extent.main]) - set(DEFAULT_REGIONS))
    principals = ["cloudformation.amazonaws.com"]
    principals += [f"cloudformation.{region}.amazonaws.com" for region in opt_in]
    parameters = {
        "MainAccountId": extent.main,
        "OrganizationId": extent.organization.id,
        "Prefix": extent.configuration.prefix,
        "ServicePrincipals": ",".join(principals),
        WITH_NETWORKS: str(bool(extent.networks)).lower(),
    }
    for account in extent.accounts:
        if _has_roles(extent, account.id):
            wave = 0 if account.id == extent.main else 1
            yield _stack(extent, ROLES, parameters, wave, account.id)


def _has_roles(extent: Extent, account_id: str) -> bool:
    """Whether self-managed StackSets reach the account: networks have no others."""
    networked = {target.account_id for target in extent.networks}
    return not extent.by_service or account_id in {extent.main, *networked}


def _storage(extent: Extent) -> Stack:
    # Accounts that come later are on no list.
    listed = extent.listable and not extent.by_service
    configuration = extent.configuration
    parameters = {
        "OrganizationId": extent.organization.id,
        "AccountIds": ",".join(account.id for account in extent.accounts) if listed else "",
        "DeliveryBoundTo": "accounts" if listed else "organization",
        "Prefix": configuration.prefix,
        "RetentionDays": str(configuration.storage.retention_days),
        "QueryResultDays": str(configuration.storage.query_result_days),
        protection.ADMINISTRATORS: protection.administrators(configuration, extent.main),
    }
    return _stack(extent, STORAGE, parameters, 1)


def _analytics(extent: Extent, queries: Iterable[NamedQuery]) -> Stack:
    parameters = {
        "Prefix": extent.configuration.prefix,
        "MaxScannedBytes": str(extent.configuration.athena.max_scanned_bytes),
        "LogGroupDays": str(extent.configuration.cloudtrail.log_group_days),
    }
    part = Part(ANALYTICS, Target(extent.main, extent.home))
    return Stack(part, templates.auditing_analytics(queries), parameters, 2)


def _aggregator(extent: Extent) -> Stack:
    return _stack(extent, AGGREGATOR, {"Prefix": extent.configuration.prefix}, 1)


def _audit_runner(extent: Extent) -> Iterator[Stack]:
    """The stack for audits on AWS Batch, where there is an image for it."""
    audit, batch = extent.configuration.audit, extent.configuration.audit.batch
    if not batch.image:
        return
    parameters = {
        "OrganizationId": extent.organization.id,
        "Prefix": extent.configuration.prefix,
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
        "Settings": _settings(extent) if batch.schedule else "{}",
    }
    yield _stack(extent, RUNNER, parameters, 2)


def _settings(extent: Extent) -> str:
    """The configuration as a run that begins by itself gets it; raises ConfigurationError."""
    scoutsuite = extent.configuration.audit.tools.scoutsuite
    if scoutsuite.enabled and scoutsuite.ruleset:
        raise ConfigurationError(
            f"a run that begins by itself cannot read {scoutsuite.ruleset}",
            where="audit.tools.scoutsuite.ruleset",
            remedy="Leave it out, or audit.batch.schedule, or switch ScoutSuite off.",
        )
    text = extent.configuration.model_dump_json(exclude_defaults=True)
    if len(text) > MAX_PARAMETER:
        raise ConfigurationError(
            f"the configuration does not fit into one parameter of {RUNNER}, "
            f"which takes {MAX_PARAMETER:,} bytes",
            where="audit.batch.schedule",
            remedy="List fewer accounts, or leave the schedule out.",
        )
    return text


def _organization_trail(extent: Extent) -> Iterator[Stack]:
    """The one trail, where it takes the place of those of the accounts."""
    if extent.has_one_trail:
        parameters = {
            "OrganizationId": extent.organization.id,
            "Prefix": extent.configuration.prefix,
            "LogGroupDays": str(extent.configuration.cloudtrail.log_group_days),
        }
        yield _stack(extent, ORGANIZATION_TRAIL, parameters, 2)


def _protection(extent: Extent, stack_sets: Iterable[StackSet]) -> Iterator[Stack]:
    """The policy that keeps members from switching it all off, where it is wanted."""
    if extent.configuration.protection.ous:
        families = (service_managed.family(s.name) for s in stack_sets)
        in_members = dict.fromkeys(f for f in families if not inviting.invites(f))
        names = (ROLES, *(f"StackSet-{name}-*" for name in in_members))
        left_out = set(extent.organization.active) - set(extent.accounts)
        parameters = protection.parameters(
            extent.configuration, extent.organization, EXECUTION_ROLE, names, left_out
        )
        yield _stack(extent, protection.NAME, parameters, LAST)


def _stack(
    extent: Extent, name: str, parameters: dict[str, str], wave: int, account_id: str = ""
) -> Stack:
    """A stack of the home region, of the main account unless another is meant."""
    part = Part(name, Target(account_id or extent.main, extent.home))
    return Stack(part, templates.measured(name, templates.read(name)), parameters, wave)
