"""Stacks as the API shows them."""

from baseline.simulation.cloudformation.records import Event, Stack, StackResource
from baseline.simulation.cloudformation.requests import Answer, present, shown
from baseline.simulation.cloudformation.template import parse

_NOT_CHECKED = {"StackDriftStatus": "NOT_CHECKED"}


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
        DriftInformation=_NOT_CHECKED,
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
