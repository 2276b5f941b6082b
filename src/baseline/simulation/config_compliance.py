"""Rules that are evaluated whenever somebody asks, and the aggregator that asks everywhere."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from moto.config.models import config_backends

from baseline.simulation.config_evaluators import EVALUATORS, Judged, Place
from baseline.simulation.paging import page
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]
Here = tuple[str, str]  # account id, region

COMPLIANT, NON_COMPLIANT, NO_DATA = "COMPLIANT", "NON_COMPLIANT", "INSUFFICIENT_DATA"
_TOKEN = "InvalidNextTokenException"  # noqa: S105  # an error's name
# The most that a page holds, which is also what it holds when nothing is said [Config API].
_PAGE = 100
_RULES_A_PAGE = 1000
_NO_RULE = "NoSuchConfigRuleException"
_NO_AGGREGATOR = "NoSuchConfigurationAggregatorException"


class Compliance(Service):
    """Evaluations in one account and region, and aggregated over the organization."""

    name: ClassVar[str] = "config"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        # When each evaluation was first seen, by place, rule, resource and outcome.
        self.recorded: dict[tuple[str, ...], dt.datetime] = {}

    def describe_compliance_by_config_rule(self, call: Call) -> Answer:
        """Each rule's compliance here."""
        here = (call.account_id, call.region)
        asked = call.parameters.get("ConfigRuleNames") or list(_rules(here))
        wanted = call.parameters.get("ComplianceTypes")
        found = [
            {"ConfigRuleName": name, "Compliance": self._compliance(here, name, call.time)}
            for name in asked
        ]
        chosen = [f for f in found if not wanted or f["Compliance"]["ComplianceType"] in wanted]
        return _paged(call, "ComplianceByConfigRules", chosen)

    def get_compliance_details_by_config_rule(self, call: Call) -> Answer:
        """Each resource that a rule has evaluated here."""
        here = (call.account_id, call.region)
        wanted = call.parameters.get("ComplianceTypes")
        found = self._details(here, call.parameters["ConfigRuleName"], call.time)
        chosen = [f for f in found if not wanted or f["ComplianceType"] in wanted]
        return _paged(call, "EvaluationResults", chosen)

    def describe_aggregate_compliance_by_config_rules(self, call: Call) -> Answer:
        """Each rule's compliance in every account and region of the aggregator."""
        found: list[Answer] = [
            {
                "ConfigRuleName": name,
                "Compliance": self._compliance(here, name, call.time),
                "AccountId": here[0],
                "AwsRegion": here[1],
            }
            for here in self._sources(call)
            if not self._closed(here)
            for name in _rules(here)
            if _asked(call, here, name)
        ]
        kind = (call.parameters.get("Filters") or {}).get("ComplianceType")
        chosen = [f for f in found if kind in (None, f["Compliance"]["ComplianceType"])]
        return _paged(call, "AggregateComplianceByConfigRules", chosen, _RULES_A_PAGE)

    def get_aggregate_compliance_details_by_config_rule(self, call: Call) -> Answer:
        """Each resource that a rule has evaluated in one account and region."""
        asked = call.parameters
        here = (asked["AccountId"], asked["AwsRegion"])
        wanted = asked.get("ComplianceType")
        found = self._details(here, asked["ConfigRuleName"], call.time)
        if here not in list(self._sources(call)) or self._closed(here):
            found = []
        place = {"AccountId": here[0], "AwsRegion": here[1]}
        chosen = [f | place for f in found if not wanted or f["ComplianceType"] == wanted]
        return _paged(call, "AggregateEvaluationResults", chosen)

    def describe_configuration_aggregator_sources_status(self, call: Call) -> Answer:
        """The accounts and regions that are aggregated, and how reading them went."""
        wanted = call.parameters.get("UpdateStatus")
        found = [self._status(here, call.time) for here in self._sources(call)]
        chosen = [f for f in found if not wanted or f["LastUpdateStatus"] in wanted]
        return _paged(call, "AggregatedSourceStatusList", chosen)

    def _status(self, here: Here, now: dt.datetime) -> Answer:
        """The aggregator reads well, but where a fault denies everything of Config to everybody."""
        source = {"SourceId": here[0], "SourceType": "ACCOUNT", "AwsRegion": here[1]}
        if not self._closed(here):
            return source | {"LastUpdateStatus": "SUCCEEDED", "LastUpdateTime": now}
        return source | {
            "LastUpdateStatus": "FAILED",
            "LastErrorCode": "AccessDenied",
            "LastErrorMessage": "The aggregator may not read the account in this region.",
        }

    def _closed(self, here: Here) -> bool:
        return any(
            fault.kind == "deny"
            and fault.operation is None
            and fault.service in (None, "config")
            and (fault.account_id, fault.region) == here
            for fault in self.simulation.faults.planted()
        )

    def _sources(self, call: Call) -> Iterator[Here]:
        """Where the aggregator looks: what belongs to the organization and has a recorder."""
        name = call.parameters["ConfigurationAggregatorName"]
        if name not in config_backends[call.account_id][call.region].config_aggregators:
            raise Refusal(_NO_AGGREGATOR, "The configuration aggregator does not exist.")
        for account_id in self.simulation.active_account_ids():
            for region in sorted(config_backends[account_id]):
                if _recording((account_id, region)):
                    yield account_id, region

    def _compliance(self, here: Here, rule: str, now: dt.datetime) -> Answer:
        types = [found["ComplianceType"] for found in self._details(here, rule, now)]
        failing = types.count(NON_COMPLIANT)
        if failing:
            count = {"CappedCount": min(failing, 25), "CapExceeded": failing > 25}  # noqa: PLR2004  # AWS counts no further
            return {"ComplianceType": NON_COMPLIANT, "ComplianceContributorCount": count}
        return {"ComplianceType": COMPLIANT if types else NO_DATA}

    def _details(self, here: Here, name: str, now: dt.datetime) -> list[Answer]:
        rule = _rules(here).get(name)
        if rule is None:
            raise Refusal(_NO_RULE, f"The ConfigRule '{name}' provided in the request is invalid.")
        evaluate = EVALUATORS.get(rule.source.source_identifier)
        if evaluate is None or not _recording(here):
            return []
        place = Place(here[0], self._client(here), now, json.loads(rule.input_parameters or "{}"))
        return [self._result(here, name, judged, now) for judged in evaluate(place)]

    def _client(self, here: Here) -> Callable[[str], Any]:
        account_id, region = here
        return lambda service: self.simulation.client(service, region, account_id)

    def _result(self, here: Here, rule: str, judged: Judged, now: dt.datetime) -> Answer:
        outcome = COMPLIANT if judged.complies else NON_COMPLIANT
        since = self.recorded.setdefault((*here, rule, judged.resource_id, outcome), now)
        return {
            "EvaluationResultIdentifier": {
                "EvaluationResultQualifier": {
                    "ConfigRuleName": rule,
                    "ResourceType": judged.resource_type,
                    "ResourceId": judged.resource_id,
                },
                "OrderingTimestamp": since,
            },
            "ComplianceType": outcome,
            "ResultRecordedTime": since,
            "ConfigRuleInvokedTime": since,
        }


def _rules(here: Here) -> dict[str, Any]:
    """Moto's rules in one account and region, by name."""
    rules: dict[str, Any] = config_backends[here[0]][here[1]].config_rules
    return rules


def _recording(here: Here) -> bool:
    recorders = config_backends[here[0]][here[1]].recorders
    return any(recorder.status.recording for recorder in recorders.values())


def _asked(call: Call, here: Here, rule: str) -> bool:
    """Whether the filters want a rule of this place; evaluating it is what takes time."""
    filters = call.parameters.get("Filters") or {}
    told = {"AccountId": here[0], "AwsRegion": here[1], "ConfigRuleName": rule}
    return all(filters.get(key) in (None, value) for key, value in told.items())


def _paged(call: Call, name: str, found: list[Answer], largest: int = _PAGE) -> Answer:
    asked = call.parameters
    if (asked.get("Limit") or 0) > largest:
        raise Refusal("InvalidLimitException", "The specified limit is outside the allowed range.")
    chosen, more = page(found, asked.get("NextToken"), asked.get("Limit"), largest, _TOKEN)
    return {name: chosen, **more}
