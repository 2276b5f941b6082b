"""Drift detection: the operations of the API, for stacks and for StackSets."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from baseline.simulation.cloudformation import descriptions, drift
from baseline.simulation.cloudformation import stack_set_descriptions as set_descriptions
from baseline.simulation.cloudformation.drift import ResourceDrift
from baseline.simulation.cloudformation.history import Failed, failures
from baseline.simulation.cloudformation.instances import Instances
from baseline.simulation.cloudformation.records import Stack
from baseline.simulation.cloudformation.requests import Answer, invalid, page
from baseline.simulation.cloudformation.stack_set_records import Key, Operation, StackSet
from baseline.simulation.cloudformation.stack_sets import StackSets
from baseline.simulation.cloudformation.stacks import DECIDING
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_ACTION = "DETECT_DRIFT"


@dataclass
class Detecting:
    """One look at a stack; ``reason`` is why it failed."""

    id: str
    stack: Stack
    begun: dt.datetime
    status: str = "DETECTION_IN_PROGRESS"
    reason: str = ""


class Inspection(Instances):
    """A StackSet operation that only looks."""

    def work(self, account_id: str, region: str) -> bool:
        """Look at the stack of one instance; True unless that failed."""
        key = (account_id, region)
        result, instance = self._operation.results[key], self._set.instances.get(key)
        stack = self._stack(instance) if instance else None
        if instance is None or stack is None or account_id in self._suspended:
            result.status = "SUCCEEDED"
            return True
        try:
            with failures("AWS::CloudFormation::Stack"):
                self._check_roles(instance)
                world = self._stacks.deployment(stack, self._actor(instance)).world
                found = tuple(drift.inspect(stack, world))
        except Failed as failed:
            result.status, result.reason = "FAILED", failed.reason
            return False
        self._operation.drifts[key] = found
        instance.drift, instance.drift_checked = drift.summed(found), self._simulation.clock.now()
        result.status = "SUCCEEDED"
        return True

    def cancel(self, account_id: str, region: str) -> None:
        """Leave an instance unseen."""
        self._operation.results[account_id, region].status = "CANCELLED"


class Detection(StackSets):
    """The part of CloudFormation that looks for what was changed by hand."""

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.detections: dict[str, Detecting] = {}

    # StackSets

    def detect_stack_set_drift(self, call: Call) -> Answer:
        """Begin to look at all instances of a StackSet."""
        with DECIDING:
            found = self._set(call)
            if any(o.action == _ACTION and o.open for o in found.operations.values()):
                raise Refusal(
                    "OperationInProgressException",
                    f"Drift detection on StackSet {found.arn} is in progress",
                    status=409,
                )
            operation = self._operation(call, found, _ACTION, list(found.instances))
        return self._begin(found, operation)

    def list_stack_instance_resource_drifts(self, call: Call) -> Answer:
        """What an operation found of the resources of one instance."""
        given = call.parameters
        _, operation = self._found_operation(call)
        key: Key = (given["StackInstanceAccount"], given["StackInstanceRegion"])
        if operation.action != _ACTION or key not in operation.results:
            raise Refusal(
                "StackInstanceNotFoundException", f"{operation.id} has not looked at {key}", 404
            )
        stack_id = self._set(call).instances[key].stack_id
        chosen = _chosen(
            operation.drifts.get(key, ()), given.get("StackInstanceResourceDriftStatuses")
        )
        return page(call, "Summaries", [set_descriptions.drift(stack_id, one) for one in chosen])

    def _worker(self, found: StackSet, operation: Operation) -> Instances:
        if operation.action == _ACTION:
            return Inspection(self, found, operation)
        return super()._worker(found, operation)

    # Stacks

    def detect_stack_drift(self, call: Call) -> Answer:
        """Begin to look at all resources of a stack."""
        stack = self._found(call)
        if stack.busy or stack.gone:
            raise invalid(f"Drift detection cannot be performed on stack in {stack.status} state")
        detecting = Detecting(str(uuid.uuid4()), stack, self.simulation.clock.now())
        self.detections[detecting.id] = detecting
        self.background.start(partial(self._detect, detecting, self._actor(stack, call)))
        return {"StackDriftDetectionId": detecting.id}

    def describe_stack_drift_detection_status(self, call: Call) -> Answer:
        """How far a look at a stack is."""
        name = call.parameters["StackDriftDetectionId"]
        found = self.detections.get(name)
        if found is None or found.stack.account_id != call.account_id:
            raise invalid(f"Drift detection {name} does not exist")
        return descriptions.detection(found)

    def describe_stack_resource_drifts(self, call: Call) -> Answer:
        """What the latest look found of a stack's resources."""
        given, stack = call.parameters, self._found(call)
        chosen = _chosen(stack.drifts, given.get("StackResourceDriftStatusFilters"))
        drifts = [descriptions.resource_drift(stack.id, one) for one in chosen]
        return page(call, "StackResourceDrifts", drifts)

    def _detect(self, detecting: Detecting, actor: Any) -> None:
        stack = detecting.stack
        try:
            with failures("AWS::CloudFormation::Stack"):
                found = tuple(drift.inspect(stack, self.deployment(stack, actor).world))
        except Failed as failed:
            detecting.status, detecting.reason = "DETECTION_FAILED", failed.reason
            return
        stack.drifts, stack.drift = found, drift.summed(found)
        stack.drift_checked = self.simulation.clock.now()
        detecting.reason = "; ".join(one.reason for one in found if one.reason)
        detecting.status = "DETECTION_COMPLETE"


def _chosen(drifts: Iterable[ResourceDrift], statuses: Iterable[str] | None) -> list[ResourceDrift]:
    wanted = set(statuses or ())
    return [one for one in drifts if not wanted or one.status in wanted]
