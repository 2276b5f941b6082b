"""AWS Batch: where jobs run, the queues they wait in, and what they are."""

from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    PutProvider,
    chosen,
    lowered,
)


class ComputeEnvironment(Provider):
    """Where jobs run."""

    type: ClassVar[str] = "AWS::Batch::ComputeEnvironment"
    service: ClassVar[str] = "batch"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the environment."""
        name = properties.get("ComputeEnvironmentName") or place.name(128)
        answer = self.client(place).create_compute_environment(
            computeEnvironmentName=name,
            type=properties["Type"],
            state=properties.get("State", "ENABLED"),
            computeResources=_resources(properties),
            **({"serviceRole": role} if (role := properties.get("ServiceRole")) else {}),
        )
        arn = answer["computeEnvironmentArn"]
        return Made(arn, {"ComputeEnvironmentArn": arn})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its state and its resources."""
        del before
        resources = {k: v for k, v in _resources(after).items() if k != "type"}
        self.client(place).update_compute_environment(
            computeEnvironment=made.id,
            state=after.get("State", "ENABLED"),
            computeResources=resources,
        )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Disable and delete it; Batch wants it disabled before."""
        del properties
        client = self.client(place)
        client.update_compute_environment(computeEnvironment=made.id, state="DISABLED")
        client.delete_compute_environment(computeEnvironment=made.id)


def _resources(properties: Properties) -> dict[str, Any]:
    resources: dict[str, Any] = lowered(properties["ComputeResources"])
    return resources


class JobQueue(Provider):
    """Where jobs wait."""

    type: ClassVar[str] = "AWS::Batch::JobQueue"
    service: ClassVar[str] = "batch"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the queue."""
        name = properties.get("JobQueueName") or place.name(128)
        answer = self.client(place).create_job_queue(jobQueueName=name, **_queue(properties))
        return Made(answer["jobQueueArn"], {"JobQueueArn": answer["jobQueueArn"]})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change state, priority and where its jobs run."""
        del before
        self.client(place).update_job_queue(jobQueue=made.id, **_queue(after))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Disable and delete it; Batch wants it disabled before."""
        del properties
        client = self.client(place)
        client.update_job_queue(jobQueue=made.id, state="DISABLED")
        client.delete_job_queue(jobQueue=made.id)


def _queue(properties: Properties) -> dict[str, Any]:
    told = chosen(properties, "State", "Priority", "ComputeEnvironmentOrder")
    queue: dict[str, Any] = lowered({"State": "ENABLED", **told})
    return queue


class JobDefinition(PutProvider):
    """What a job is. A change makes another revision, and gives the one before up."""

    type: ClassVar[str] = "AWS::Batch::JobDefinition"
    service: ClassVar[str] = "batch"

    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Register it."""
        client = self.client(place)
        own = properties.get("JobDefinitionName") or place.name(128)
        answer = client.register_job_definition(jobDefinitionName=own, **_definition(properties))
        if name:
            client.deregister_job_definition(jobDefinition=name)
        arn = answer["jobDefinitionArn"]
        return Made(arn, {"JobDefinitionArn": arn})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Give it up."""
        del properties
        self.client(place).deregister_job_definition(jobDefinition=made.id)


def _definition(properties: Properties) -> dict[str, Any]:
    told = chosen(
        properties, "Type", "ContainerProperties", "PlatformCapabilities", "RetryStrategy",
        "Timeout",
    )  # fmt: skip
    definition: dict[str, Any] = lowered(told)
    # The names of a log driver's options are the driver's own.
    log = properties.get("ContainerProperties", {}).get("LogConfiguration")
    if log:
        definition["containerProperties"]["logConfiguration"]["options"] = log.get("Options", {})
    return definition


TYPES = (ComputeEnvironment, JobQueue, JobDefinition)
