"""What no account of the simulation has: empty lists, features that nobody switched on.

moto does not know these operations. Left unanswered they would count as something that an audit
could not see, though there is nothing to be seen.
"""

from collections.abc import Mapping
from typing import Any

from baseline.simulation.service import Call, Refusal

EMPTY: Mapping[str, tuple[str, ...]] = {
    "accessanalyzer": ("ListAnalyzers",),
    "amplify": ("ListApps",),
    "appstream": ("DescribeFleets",),
    "bedrock": ("ListGuardrails",),
    "bedrock-agent": ("ListPrompts",),
    "codeartifact": ("ListRepositories",),
    "codebuild": ("ListReportGroups",),
    "codecommit": ("ListRepositories",),
    "directconnect": ("DescribeVirtualInterfaces",),
    "dlm": ("GetLifecyclePolicies",),
    "drs": ("DescribeJobs",),
    "elasticache": ("DescribeCacheParameterGroups", "DescribeCacheSecurityGroups"),
    "events": ("ListEndpoints",),
    "fms": ("ListPolicies",),
    "globalaccelerator": ("ListAccelerators",),
    "glue": ("SearchTables",),
    "iam": ("ListServiceSpecificCredentials",),
    "kafka": ("ListKafkaVersions",),
    "kafkaconnect": ("ListConnectors",),
    "lightsail": ("GetInstances", "GetRelationalDatabases", "GetStaticIps"),
    "rds": ("DescribeDBEngineVersions",),
    "resource-explorer-2": ("ListIndexes",),
    "rolesanywhere": ("ListProfiles", "ListTrustAnchors"),
    "sagemaker": ("ListMonitoringSchedules",),
    "schemas": ("ListRegistries",),
    "securityhub": ("ListOrganizationAdminAccounts",),
    "ssm": ("DescribeInstanceInformation", "ListResourceComplianceSummaries"),
    "ssm-incidents": ("ListReplicationSets", "ListResponsePlans"),
    "storagegateway": ("ListFileShares", "ListGateways"),
    "waf": ("ListRuleGroups", "ListRules", "ListWebACLs"),
    "waf-regional": ("ListRuleGroups", "ListRules", "ListWebACLs"),
    "wellarchitected": ("ListWorkloads",),
}

_OFF: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("shield", "GetSubscriptionState"): {"SubscriptionState": "INACTIVE"},
}

_REFUSED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("guardduty", "DescribeOrganizationConfiguration"): (
        "BadRequestException",
        "The request failed because you do not have required AWS Organization master permission.",
    ),
    ("support", "DescribeServices"): (
        "SubscriptionRequiredException",
        "Amazon Web Services Premium Support Subscription is required to use this service.",
    ),
    ("iam", "ListOrganizationsFeatures"): (
        "ServiceAccessNotEnabledException",
        "Trusted access for IAM is not enabled in the organization.",
    ),
    ("macie2", "GetMacieSession"): ("AccessDeniedException", "Macie is not enabled"),
}


def answer(call: Call, output: Any) -> dict[str, Any] | None:
    """The answer of having nothing, or None where there may be something.

    ``output`` is botocore's shape of the answer. Raises Refusal where AWS refuses.
    """
    asked = (call.service, call.operation)
    if asked in _REFUSED:
        raise Refusal(*_REFUSED[asked])
    if asked in _OFF:
        return dict(_OFF[asked])
    if call.operation in EMPTY.get(call.service, ()):
        return {name: [] for name, shape in output.members.items() if shape.type_name == "list"}
    return None
