"""Stacks as the API shows them."""

import json
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation.drift import (
    DELETED,
    UNKNOWN,
    Difference,
    ResourceDrift,
    has_drifted,
)
from baseline.simulation.cloudformation.records import Event, Stack, StackResource
from baseline.simulation.cloudformation.requests import Answer, present, shown
from baseline.simulation.cloudformation.template import parse

if TYPE_CHECKING:
    from baseline.simulation.cloudformation.detection import Detecting


def stack(found: Stack) -> Answer:
    """For DescribeStacks."""
    parameters = shown(parse(found.body), found.parameters) if found.body else []
    return {
        **_common(found),
        **present(
            Description=found.description,
            Parameters=parameters,
            NotificationARNs=list(found.notifications),
            Capabilities=list(found.capabilities),
            Outputs=_outputs(found),
            RoleARN=found.role_arn,
        ),
        "DisableRollback": found.on_failure == "DO_NOTHING",
        "EnableTerminationProtection": found.protected,
        "RollbackConfiguration": {},
        "Tags": list(found.tags),
    }


def summary(found: Stack) -> Answer:
    """For ListStacks."""
    return {**_common(found), **present(TemplateDescription=found.description)}


def _common(found: Stack) -> Answer:
    return present(
        StackId=found.id,
        StackName=found.name,
        CreationTime=found.created,
        LastUpdatedTime=found.updated,
        DeletionTime=found.deleted,
        StackStatus=found.status,
        StackStatusReason=found.reason,
        DriftInformation=present(
            StackDriftStatus=found.drift, LastCheckTimestamp=found.drift_checked
        ),
    )


def _outputs(found: Stack) -> list[Answer]:
    declared = parse(found.body).outputs if found.outputs else {}
    exported = {export.output: name for name, export in found.exports.items()}
    return [
        present(
            OutputKey=name,
            OutputValue=value,
            Description=declared[name].description,
            ExportName=exported.get(name),
        )
        for name, value in found.outputs.items()
    ]


def event(found: Stack, happened: Event) -> Answer:
    """For DescribeStackEvents."""
    return present(
        StackId=found.id,
        StackName=found.name,
        EventId=happened.id,
        LogicalResourceId=happened.name,
        PhysicalResourceId=happened.physical_id,
        ResourceType=happened.type,
        Timestamp=happened.time,
        ResourceStatus=happened.status,
        ResourceStatusReason=happened.reason,
    )


def resource(found: Stack, held: StackResource) -> Answer:
    """For DescribeStackResources."""
    return {
        "StackId": found.id,
        "StackName": found.name,
        "Timestamp": held.changed,
        **_resource(held),
    }


def resource_summary(held: StackResource) -> Answer:
    """For ListStackResources."""
    return {"LastUpdatedTimestamp": held.changed, **_resource(held)}


def _resource(held: StackResource) -> Answer:
    return present(
        LogicalResourceId=held.name,
        PhysicalResourceId=held.physical_id,
        ResourceType=held.type,
        ResourceStatus=held.status,
        ResourceStatusReason=held.reason,
        DriftInformation={"StackResourceDriftStatus": "NOT_CHECKED"},
    )


def detection(found: "Detecting") -> Answer:
    """For DescribeStackDriftDetectionStatus."""
    done = found.status == "DETECTION_COMPLETE"
    drifted = sum(map(has_drifted, found.stack.drifts))
    return {
        "StackId": found.stack.id,
        "StackDriftDetectionId": found.id,
        "DetectionStatus": found.status,
        "Timestamp": found.begun,
        **present(DetectionStatusReason=found.reason),
        **(
            {"StackDriftStatus": found.stack.drift, "DriftedStackResourceCount": drifted}
            if done
            else {}
        ),
    }


def resource_drift(stack_id: str, found: ResourceDrift) -> Answer:
    """For DescribeStackResourceDrifts."""
    said = {**drift_summary(stack_id, found), **present(DriftStatusReason=found.reason)}
    if found.status in (DELETED, UNKNOWN):
        return said
    expected, actual = _text(dict(found.expected)), _text(dict(found.actual))
    return {**said, "ExpectedProperties": expected, "ActualProperties": actual}


def drift_summary(stack_id: str, found: ResourceDrift) -> Answer:
    """What stacks and instances of StackSets show of a resource alike."""
    return {
        "StackId": stack_id,
        "LogicalResourceId": found.name,
        "PhysicalResourceId": found.physical_id,
        "ResourceType": found.type,
        "StackResourceDriftStatus": found.status,
        "Timestamp": found.checked,
        **present(PropertyDifferences=[_difference(one) for one in found.differences]),
    }


def _difference(found: Difference) -> Answer:
    return {
        "PropertyPath": found.path,
        "ExpectedValue": _text(found.expected),
        "ActualValue": _text(found.actual),
        "DifferenceType": found.kind,
    }


def _text(value: Any) -> str:
    """A value as drift detection shows it: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
