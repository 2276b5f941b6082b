"""StackSets, their instances and operations as the API shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from baseline.simulation.cloudformation.descriptions import drift_summary
from baseline.simulation.cloudformation.drift import IN_SYNC, ResourceDrift, summed
from baseline.simulation.cloudformation.requests import Answer, present, shown
from baseline.simulation.cloudformation.stack_set_records import (
    Instance,
    Key,
    Operation,
    Result,
    StackSet,
)
from baseline.simulation.cloudformation.template import parse


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
        **_roles(found),
        "OrganizationalUnitIds": sorted(found.units),
        "Regions": sorted({region for _, region in list(found.instances)}),
    }


def stack_set_summary(found: StackSet) -> Answer:
    """For ListStackSets."""
    return {
        **present(Description=found.description),
        "StackSetName": found.name,
        "StackSetId": found.id,
        "Status": found.status,
        "PermissionModel": "SERVICE_MANAGED" if found.service_managed else "SELF_MANAGED",
        "ManagedExecution": {"Active": found.managed},
        **present(AutoDeployment=_automation(found)),
    }


def _automation(found: StackSet) -> Answer | None:
    if not found.service_managed:
        return None
    said = {"Enabled": found.automatic, **present(DependsOn=list(found.after))}
    return said | ({"RetainStacksOnAccountRemoval": found.keeps_stacks} if found.automatic else {})


def automatic_target(unit: str, regions: Iterable[str]) -> Answer:
    """For ListStackSetAutoDeploymentTargets."""
    return {"OrganizationalUnitId": unit, "Regions": sorted(regions)}


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
        "DriftStatus": one.drift,
        **present(
            StackId=one.stack_id,
            StatusReason=one.reason,
            LastOperationId=one.last_operation,
            OrganizationalUnitId=one.unit,
            LastDriftCheckTimestamp=one.drift_checked,
        ),
    }


def passes(one: Instance, filters: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an instance is what the filters ask for."""
    values = {
        "DETAILED_STATUS": one.detailed,
        "LAST_OPERATION_ID": one.last_operation,
        "DRIFT_STATUS": one.drift,
    }
    return all(values.get(each["Name"]) == each["Values"] for each in filters)


def operation(found: StackSet, one: Operation) -> Answer:
    """For DescribeStackSetOperation."""
    return {
        **operation_summary(one),
        "StackSetId": found.id,
        "RetainStacks": one.retain,
        **_roles(found),
        **present(
            DeploymentTargets=one.targets,
            StackSetDriftDetectionDetails=None if one.changes else _drifts(one),
        ),
    }


def _drifts(one: Operation) -> Answer:
    statuses = [result.status for result in list(one.results.values())]
    drifted = sum(summed(found) == "DRIFTED" for found in list(one.drifts.values()))
    failed = statuses.count("FAILED")
    ended = {"SUCCEEDED": "PARTIAL_SUCCESS" if failed else "COMPLETED"}.get(one.status, one.status)
    return {
        "DriftStatus": "DRIFTED" if drifted else IN_SYNC,
        "DriftDetectionStatus": "IN_PROGRESS" if one.open else ended,
        "TotalStackInstancesCount": len(statuses),
        "DriftedStackInstancesCount": drifted,
        "InSyncStackInstancesCount": sum(summed(f) == IN_SYNC for f in list(one.drifts.values())),
        "InProgressStackInstancesCount": sum(s in ("PENDING", "RUNNING") for s in statuses),
        "FailedStackInstancesCount": failed,
    }


def drift(stack_id: str, found: ResourceDrift) -> Answer:
    """For ListStackInstanceResourceDrifts."""
    return drift_summary(stack_id, found)


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


def _roles(found: StackSet) -> Answer:
    """The roles of a self-managed StackSet; CloudFormation does not show its own."""
    if found.service_managed:
        return {}
    administration = f"arn:aws:iam::{found.account_id}:role/{found.administration_role}"
    return {
        "AdministrationRoleARN": administration,
        "ExecutionRoleName": found.execution_role,
    }
