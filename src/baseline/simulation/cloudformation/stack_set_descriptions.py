"""StackSets, their instances and operations as the API shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from baseline.simulation.cloudformation.requests import Answer, present, shown
from baseline.simulation.cloudformation.stack_set_records import (
    Instance,
    Key,
    Operation,
    Result,
    StackSet,
)
from baseline.simulation.cloudformation.template import parse

_PERMISSIONS = "SELF_MANAGED"


def stack_set(found: StackSet) -> Answer:
    """For DescribeStackSet."""
    template = parse(found.body)
    return {
        **stack_set_summary(found),
        "TemplateBody": found.body,
        "Parameters": shown(template, found.parameters),
        "Capabilities": list(found.capabilities),
        "Tags": list(found.tags),
        "StackSetARN": found.arn,
        "AdministrationRoleARN": _administration_role(found),
        "ExecutionRoleName": found.execution_role,
        "OrganizationalUnitIds": [],
        "Regions": sorted({region for _, region in list(found.instances)}),
    }


def stack_set_summary(found: StackSet) -> Answer:
    """For ListStackSets."""
    return {
        **present(Description=found.description),
        "StackSetName": found.name,
        "StackSetId": found.id,
        "Status": found.status,
        "PermissionModel": _PERMISSIONS,
        "ManagedExecution": {"Active": found.managed},
    }


def instance(found: StackSet, one: Instance) -> Answer:
    """For DescribeStackInstance."""
    overrides = shown(parse(found.body), one.overrides)
    return {**instance_summary(found, one), "ParameterOverrides": overrides}


def instance_summary(found: StackSet, one: Instance) -> Answer:
    """For ListStackInstances."""
    return {
        "StackSetId": found.id,
        "Account": one.account_id,
        "Region": one.region,
        "Status": one.status,
        "StackInstanceStatus": {"DetailedStatus": one.detailed},
        "DriftStatus": "NOT_CHECKED",
        **present(
            StackId=one.stack_id, StatusReason=one.reason, LastOperationId=one.last_operation
        ),
    }


def passes(one: Instance, filters: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an instance is what the filters ask for."""
    values = {
        "DETAILED_STATUS": one.detailed,
        "LAST_OPERATION_ID": one.last_operation,
        "DRIFT_STATUS": "NOT_CHECKED",
    }
    return all(values.get(each["Name"]) == each["Values"] for each in filters)


def operation(found: StackSet, one: Operation) -> Answer:
    """For DescribeStackSetOperation."""
    return {
        **operation_summary(one),
        "StackSetId": found.id,
        "RetainStacks": one.retain,
        "AdministrationRoleARN": _administration_role(found),
        "ExecutionRoleName": found.execution_role,
    }


def operation_summary(one: Operation) -> Answer:
    """For ListStackSetOperations."""
    return {
        "OperationId": one.id,
        "Action": one.action,
        "Status": one.status,
        "CreationTimestamp": one.created,
        "OperationPreferences": one.preferences,
        "StatusDetails": {"FailedStackInstancesCount": one.failures},
        **present(EndTimestamp=one.ended, StatusReason=one.reason),
    }


def result(key: Key, one: Result) -> Answer:
    """For ListStackSetOperationResults."""
    account, region = key
    gate = f"arn:aws:lambda:{region}:{account}:function:AWSCloudFormationStackSetAccountGate"
    return {
        "Account": account,
        "Region": region,
        "Status": one.status,
        "AccountGateResult": {
            "Status": "SKIPPED",
            "StatusReason": f"Function not found: {gate}",
        },
        **present(StatusReason=one.reason),
    }


def _administration_role(found: StackSet) -> str:
    return f"arn:aws:iam::{found.account_id}:role/{found.administration_role}"
