"""Config's evaluations: of the organization's aggregator, or of an account and region itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from baseline.errors import BaselineError
from baseline.findings import config
from baseline.findings.kept import Judged, Raw, Verdict
from baseline.findings.model import CheckDetails
from baseline.organization import Target
from baseline.sessions import Session

NON_COMPLIANT = "NON_COMPLIANT"
SUCCEEDED = "SUCCEEDED"
# What a page has at most [Config API: DescribeAggregateComplianceByConfigRules, and the details].
_RULES, _RESULTS = 1000, 100
# Config counts resources up to 25 and dates no verdict: a rule that has as many of them as before
# may have others. So old that is what may be shown.
_BELIEVED = timedelta(hours=24)

Rules = dict[str, Verdict]


class Aggregator:
    """The evaluations of many accounts and regions, in one of them."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def sources(self) -> dict[Target, str]:
        """How reading each account and region went, by AWS's word: SUCCEEDED, FAILED, OUTDATED."""
        pages = self._client.get_paginator(
            "describe_configuration_aggregator_sources_status"
        ).paginate(ConfigurationAggregatorName=self.name, PaginationConfig={"PageSize": _RESULTS})
        return {
            Target(source["SourceId"], source["AwsRegion"]): source["LastUpdateStatus"]
            for page in pages
            for source in page["AggregatedSourceStatusList"]
            if "AwsRegion" in source
        }

    def rules(self, region: str, account_id: str = "") -> Mapping[Target, Rules]:
        """The verdict on each rule in a region, of one account or of all."""
        account = {"AccountId": account_id} if account_id else {}
        found: dict[Target, Rules] = defaultdict(dict)
        pages = self._client.get_paginator(
            "describe_aggregate_compliance_by_config_rules"
        ).paginate(
            ConfigurationAggregatorName=self.name,
            Filters={"AwsRegion": region} | account,
            PaginationConfig={"PageSize": _RULES},
        )
        for page in pages:
            for rule in page["AggregateComplianceByConfigRules"]:
                place = Target(rule["AccountId"], rule["AwsRegion"])
                found[place][rule["ConfigRuleName"]] = _verdict(rule["Compliance"])
        return found

    def details(self, target: Target, rule: str) -> list[Raw]:
        """The resources that do not comply with a rule in one account and region."""
        pages = self._client.get_paginator(
            "get_aggregate_compliance_details_by_config_rule"
        ).paginate(
            ConfigurationAggregatorName=self.name,
            ConfigRuleName=rule,
            AccountId=target.account_id,
            AwsRegion=target.region,
            ComplianceType=NON_COMPLIANT,
            PaginationConfig={"PageSize": _RESULTS},
        )
        return [result for page in pages for result in page["AggregateEvaluationResults"]]


def find_aggregator(session: Session, region: str, preferred: str) -> Aggregator | None:
    """The aggregator over an organization in one region, if there is one; ours goes before others.

    One over all regions goes before one over some.
    """
    client = session.client("config", region)
    pages = client.get_paginator("describe_configuration_aggregators").paginate()
    sources = {
        found["ConfigurationAggregatorName"]: found["OrganizationAggregationSource"]
        for page in pages
        for found in page["ConfigurationAggregators"]
        if found.get("OrganizationAggregationSource")
    }
    names = sorted(
        sources, key=lambda name: (name != preferred, not sources[name].get("AllAwsRegions"), name)
    )
    return Aggregator(client, names[0]) if names else None


def described(session: Session, region: str) -> list[CheckDetails]:
    """What the rules in one account and region are about."""
    pages = session.client("config", region).get_paginator("describe_config_rules").paginate()
    return [config.details(rule) for page in pages for rule in page["ConfigRules"]]


class Recorder:
    """Config in one account and region."""

    def __init__(self, session: Session, target: Target) -> None:
        self._client = session.client("config", target.region)
        self._target = target

    def rules(self) -> Rules:
        """The verdict on each rule; raises BaselineError where nothing is recorded."""
        recorders = self._client.describe_configuration_recorder_status()
        if not any(one["recording"] for one in recorders["ConfigurationRecordersStatus"]):
            raise BaselineError(
                "AWS Config does not record there",
                remedy="See: baseline rollout verify; then: baseline rollout deploy",
            )
        pages = self._client.get_paginator("describe_compliance_by_config_rule").paginate()
        return {
            rule["ConfigRuleName"]: _verdict(rule["Compliance"])
            for page in pages
            for rule in page["ComplianceByConfigRules"]
        }

    def details(self, rule: str) -> list[Raw]:
        """The resources that do not comply with a rule."""
        pages = self._client.get_paginator("get_compliance_details_by_config_rule").paginate(
            ConfigRuleName=rule,
            ComplianceTypes=[NON_COMPLIANT],
            PaginationConfig={"PageSize": _RESULTS},
        )
        place = {"AccountId": self._target.account_id, "AwsRegion": self._target.region}
        return [result | place for page in pages for result in page["EvaluationResults"]]


def stale(rules: Mapping[str, Verdict], before: Mapping[str, Judged], now: datetime) -> list[str]:
    """The rules whose results have to be asked for, since others may not comply than is kept."""
    return [
        name
        for name, verdict in rules.items()
        if verdict.compliance == NON_COMPLIANT and not _believed(verdict, before.get(name), now)
    ]


def _believed(verdict: Verdict, before: Judged | None, now: datetime) -> bool:
    return (
        before is not None
        and before.verdict == verdict
        and not verdict.capped
        and now - datetime.fromisoformat(before.read) < _BELIEVED
    )


def judged(verdict: Verdict, results: Iterable[Raw], now: datetime) -> Judged:
    """A verdict with its results, as they are kept."""
    return Judged(verdict, moment(now), tuple(results))


def moment(time: datetime) -> str:
    """A time as text, UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _verdict(compliance: Mapping[str, Any]) -> Verdict:
    count = compliance.get("ComplianceContributorCount") or {}
    return Verdict(
        compliance.get("ComplianceType", "INSUFFICIENT_DATA"),
        count.get("CappedCount", 0),
        bool(count.get("CapExceeded")),
    )
