"""Results of Config's rules, as the aggregator and a single account tell them.

[docs.aws.amazon.com/config, "AggregateEvaluationResult", "EvaluationResult"].
"""

from collections.abc import Mapping
from typing import Any

from baseline.findings.model import FAIL, PASS, UNKNOWN, CheckDetails, Finding
from baseline.findings.times import iso

TOOL = "config"
# Config does not weigh its rules.
SEVERITY = "medium"

# Config does not tell these apart.
NO_RESULT = "Config has no result: nothing that the rule is about is there, or it has not looked."

_STATUSES = {
    "COMPLIANT": PASS,
    "NON_COMPLIANT": FAIL,
    "NOT_APPLICABLE": PASS,
    "INSUFFICIENT_DATA": UNKNOWN,
}


def finding(told: Mapping[str, Any], account_id: str = "", region: str = "") -> Finding:
    """``told`` in our words; of a single account's answer the place has to be given.

    Without a resource it is about the rule as a whole. Raises KeyError or TypeError when it is no
    result of a rule.
    """
    qualifier = told["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
    rule = str(qualifier["ConfigRuleName"])
    kind, resource = (str(qualifier.get(name, "")) for name in ("ResourceType", "ResourceId"))
    account_id, region = told.get("AccountId", account_id), told.get("AwsRegion", region)
    if not (isinstance(account_id, str) and isinstance(region, str)):
        raise TypeError("a result of a rule has a place that is no text")
    compliance = str(told["ComplianceType"])
    said = f"{kind} {resource} is {compliance.lower().replace('_', '-')} with the rule {rule}."
    unseen = _STATUSES[compliance] == UNKNOWN and not resource
    return Finding(
        tool=TOOL,
        account_id=account_id,
        account_name="",
        region=region,
        service=service(kind),
        check=rule,
        title=rule,
        severity=SEVERITY,
        status=_STATUSES[compliance],
        resource=resource,
        detail=str(told.get("Annotation") or (NO_RESULT if unseen else said.strip())),
        uid=f"config-{rule}-{account_id}-{region}-{resource}",
        resource_type=kind,
        last_seen=iso(told.get("ResultRecordedTime")),
    )


def details(rule: Mapping[str, Any]) -> CheckDetails:
    """What Config says of a rule, as DescribeConfigRules gives it."""
    return CheckDetails(
        TOOL, rule["ConfigRuleName"], rule["ConfigRuleName"], str(rule.get("Description") or "")
    )


def service(resource_type: str) -> str:
    """The service of a type like ``AWS::S3::Bucket``."""
    return resource_type.split("::")[1].lower() if resource_type.count("::") else ""
