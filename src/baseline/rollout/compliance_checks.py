"""What is asked of AWS Config: the rules everywhere, and the aggregator over all."""

import json
from collections.abc import Iterator
from typing import Any

from baseline.rollout.catalogue import AGGREGATOR, RULES
from baseline.rollout.coverage import Check, Missing, Place, require, unlike
from baseline.rollout.intended import Properties
from baseline.rollout.role_checks import role_check

_NO_AGGREGATOR = ("NoSuchConfigurationAggregatorException",)


def _rules(place: Place) -> str:
    wanted = place.all_intended(RULES)
    found = place.ask("config", "describe_config_rules")["ConfigRules"]
    by_name = {rule["ConfigRuleName"]: rule for rule in found}
    require(problem for rule in wanted.values() for problem in _differences(rule, by_name))
    return f"{len(wanted)} rules"


def _differences(wanted: Properties, found: dict[str, Any]) -> Iterator[str]:
    name = wanted["ConfigRuleName"]
    rule = found.get(name)
    if rule is None:
        yield f"no rule {name}"
        return
    told = {
        "state": rule.get("ConfigRuleState"),
        "identifier": rule["Source"]["SourceIdentifier"],
        "parameters": json.loads(rule.get("InputParameters") or "{}"),
    }
    intended = {
        "state": "ACTIVE",
        "identifier": wanted["Source"]["SourceIdentifier"],
        "parameters": wanted.get("InputParameters", {}),
    }
    yield from (f"{name}: {problem}" for problem in unlike(told, intended))


def _aggregator(place: Place) -> str:
    wanted = place.intended(AGGREGATOR, "Aggregator")
    name = wanted["ConfigurationAggregatorName"]
    answer = place.ask(
        "config",
        "describe_configuration_aggregators",
        _NO_AGGREGATOR,
        ConfigurationAggregatorNames=[name],
    )
    if answer is None:
        raise Missing(f"no aggregator {name}")
    (found,) = answer["ConfigurationAggregators"]
    source = found.get("OrganizationAggregationSource") or {}
    role = wanted["OrganizationAggregationSource"]["RoleArn"]
    require(unlike(source, {"RoleArn": role, "AllAwsRegions": True}))
    return "the whole organization, all regions"


def _sources(place: Place) -> str:
    """Accounts that the aggregator cannot read are missing in it without a word."""
    name = place.intended(AGGREGATOR, "Aggregator")["ConfigurationAggregatorName"]
    answer = place.ask(
        "config",
        "describe_configuration_aggregator_sources_status",
        _NO_AGGREGATOR,
        ConfigurationAggregatorName=name,
        UpdateStatus=["FAILED"],
    )
    if answer is None:
        raise Missing(f"no aggregator {name}")
    failed = answer["AggregatedSourceStatusList"]
    require((_failure(source) for source in failed), "See its role, and that Config records there.")
    return "no source has failed"


def _failure(source: dict[str, Any]) -> str:
    place = f"{source.get('SourceId')} {source.get('AwsRegion', '')}".strip()
    return f"{place}: {source.get('LastErrorMessage') or source.get('LastErrorCode') or 'failed'}"


RULES_CHECK = Check("config", "rules", _rules)
AGGREGATOR_CHECKS = (
    role_check("aggregator's role", AGGREGATOR, "AggregatorRole"),
    Check("config", "aggregator", _aggregator),
    Check("config", "aggregated sources", _sources),
)
