"""The StackSets that should be, but for GuardDuty's. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from baseline import templates
from baseline.organization import Target
from baseline.rollout import networks
from baseline.rollout.catalogue import RULES, VPC, StackSet
from baseline.rollout.extent import Extent
from baseline.rollout.twins import both
from baseline.templates import Rule


def audit_roles(extent: Extent) -> Iterator[StackSet]:
    """The roles with which accounts are looked at, in each account once."""
    audit = extent.configuration.audit
    parameters = _central(extent) | {
        "ExternalId": audit.external_id or "",
        "RequireMfa": str(audit.require_mfa).lower(),
    }
    targets = frozenset(Target(account.id, extent.home) for account in extent.accounts)
    body = templates.measured("audit-roles", templates.read("audit-roles"))
    yield from both(extent, StackSet("audit-roles", body, parameters, targets, 2))


def auditing(extent: Extent) -> Iterator[StackSet]:
    """Recorders and trails, except those that are adopted."""
    parameters = _central(extent) | {
        "GlobalConfigRegion": extent.configuration.global_region,
        "LogGroupDays": str(extent.configuration.cloudtrail.log_group_days),
        "TrailIs": "organization" if extent.has_one_trail else "made",
    }
    kept = extent.adopted
    body = templates.auditing(_places(kept.recorders), _places(kept.trails))
    whole = StackSet("auditing", body, parameters, extent.everywhere, 3)
    yield from both(extent, whole, "audit-roles")


def config_rules(extent: Extent) -> Iterator[StackSet]:
    """With no rule chosen it is wanted nowhere."""
    names = extent.configuration.config.rules
    chosen = [rule for rule in templates.rules().values() if _wants(rule, names)]
    whole = StackSet(
        name=RULES,
        body=templates.config_rules(chosen),
        parameters={
            "GlobalConfigRegion": extent.configuration.global_region,
            "Prefix": extent.configuration.prefix,
        },
        targets=extent.everywhere if chosen else frozenset(),
        wave=4,
    )
    yield from both(extent, whole, "auditing")


def vpc(extent: Extent) -> StackSet:
    """The networks. With no account or no region chosen it is wanted nowhere."""
    vpc, assigned = extent.configuration.vpc, extent.networks
    named = networks.mappings(vpc)
    return StackSet(
        name=VPC,
        body=templates.vpc(_by_mapping(assigned, named)),
        parameters=_central(extent)
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
            account: {"Network": name} for account, name in named.items() if name != networks.FIRST
        },
    )


def _central(extent: Extent) -> dict[str, str]:
    """The parameters by which the accounts know where the central buckets are."""
    return {
        "MainAccountId": extent.main,
        "HomeRegion": extent.home,
        "Prefix": extent.configuration.prefix,
    }


def _wants(rule: Rule, names: tuple[str, ...] | None) -> bool:
    return rule.default if names is None else rule.name in names


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
