"""What is asked of AWS Batch: whether an audit that is submitted would run, and as what."""

from typing import Any

from baseline.rollout.catalogue import RUNNER
from baseline.rollout.coverage import Check, Missing, Place, require, unlike
from baseline.rollout.role_checks import role_check
from baseline.rollout.storage_checks import of_bucket

_BY_HAND = (
    "Put it back by hand; what differs, says: "
    f"aws cloudformation detect-stack-drift --stack-name {RUNNER}"
)
_READY = {"state": "ENABLED", "status": "VALID"}


def _queue(place: Place) -> str:
    """The queue and what is behind it: a job waits for ever in one that is disabled."""
    name = place.intended(RUNNER, "Queue")["JobQueueName"]
    queues = place.ask("batch", "describe_job_queues", jobQueues=[name])["jobQueues"]
    queue = _only(queues, f"no queue {name}")
    require(unlike(queue, _READY), _BY_HAND)
    behind = [e["computeEnvironment"] for e in queue["computeEnvironmentOrder"]]
    answer = place.ask("batch", "describe_compute_environments", computeEnvironments=behind)
    environment = _only(answer["computeEnvironments"], f"nothing is behind the queue {name}")
    wanted = place.intended(RUNNER, "ComputeEnvironment")["ComputeResources"]
    told = {**environment, **environment.get("computeResources", {})}
    require(unlike(told, {**_READY, "maxvCpus": wanted["MaxvCpus"]}), _BY_HAND)
    return f"{wanted['MaxvCpus']} vCPUs"


def _definition(place: Place) -> str:
    """The latest revision, which is what a job becomes."""
    wanted = place.intended(RUNNER, "WorkerDefinition")
    name = wanted["JobDefinitionName"]
    asked = {"jobDefinitionName": name, "status": "ACTIVE"}
    found = place.ask("batch", "describe_job_definitions", **asked)["jobDefinitions"]
    latest = max(found, key=lambda d: d["revision"], default=None)
    if latest is None:
        raise Missing(f"no job definition {name}", _BY_HAND)
    container = wanted["ContainerProperties"]
    intended = {
        "image": container["Image"],
        "command": container["Command"],
        "jobRoleArn": container["JobRoleArn"],
        "executionRoleArn": container["ExecutionRoleArn"],
    }
    require(unlike(latest["containerProperties"], intended), _BY_HAND)
    return str(container["Image"])


def _only(found: list[Any], otherwise: str) -> Any:
    if not found:
        raise Missing(otherwise, _BY_HAND)
    return found[0]


CHECKS = (
    Check("batch", "queue", _queue),
    Check("batch", "job definition", _definition),
    role_check("audit worker's role", RUNNER, "WorkerRole", _BY_HAND),
    role_check("audit starter's role", RUNNER, "ExecutionRole", _BY_HAND),
    *of_bucket("audit", RUNNER, "Bucket"),
)
