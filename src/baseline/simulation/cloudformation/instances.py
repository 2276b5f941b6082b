"""What a StackSet operation does in one account and region, as the execution role there.

Source: AWS CloudFormation User Guide, "Grant self-managed permissions", "StackSets status codes".
"""

import json
import uuid
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from baseline.errors import AwsError
from baseline.simulation import identity
from baseline.simulation.cloudformation import parameters
from baseline.simulation.cloudformation.history import Failed, failures
from baseline.simulation.cloudformation.records import Stack
from baseline.simulation.cloudformation.stack_set_records import (
    FAILED_IMPORT,
    Instance,
    Operation,
    StackSet,
)
from baseline.simulation.cloudformation.stacks import INVOKED_BY, Stacks
from baseline.simulation.cloudformation.template import parse
from baseline.simulation.cloudformation.wanted import Wanted

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_SESSION = "AWSCloudFormation"
# Stands for the role that CloudFormation makes for itself in each member.
_OF_THE_SERVICE = "stacksets-exec-simulated"
_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# A stack that never came to be is replaced by a new one.
_STILLBORN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


class Instances:
    """Carries out one operation, instance by instance; one for each operation."""

    def __init__(self, stacks: Stacks, stack_set: StackSet, operation: Operation) -> None:
        self._stacks = stacks
        self._simulation = stacks.simulation
        self._set = stack_set
        self._operation = operation
        self._suspended = _suspended_accounts(stacks.simulation)
        # Roles are an account's, so an operation asks for them once and not in every region.
        self._role_problem = cache(self._find_role_problem)

    def work(self, account_id: str, region: str) -> bool:
        """Do what the operation wants there; True unless it failed."""
        key = (account_id, region)
        result = self._operation.results[key]
        # An operation that waited in the queue may find it gone.
        instance = self._set.instances.setdefault(key, Instance(*key))
        if account_id in self._suspended and not self._operation.retain:
            instance.detailed = "SKIPPED_SUSPENDED_ACCOUNT"
            result.status = "SUCCEEDED"
            result.reason = instance.reason = f"Account {account_id} is suspended."
            return True
        instance.detailed = result.status = "RUNNING"
        try:
            with failures():
                self._act(instance)
        except Failed as failed:
            instance.reason = result.reason = failed.reason
            instance.detailed = result.status = "FAILED"
            if self._operation.action == "DELETE":
                instance.status = instance.detailed = "INOPERABLE"
            elif self._operation.imports:
                instance.status, instance.detailed = "INOPERABLE", FAILED_IMPORT
            return False
        instance.reason, instance.status = "", "CURRENT"
        if self._operation.imports and self._differs(instance):
            instance.status = "OUTDATED"
        instance.detailed = result.status = "SUCCEEDED"
        return True

    def cancel(self, account_id: str, region: str) -> None:
        """Leave an instance as it is, because the operation stopped before it."""
        key = (account_id, region)
        reason = "Cancelled since failure tolerance has exceeded"
        if self._operation.status == "STOPPING":
            reason = "User initiated stop"
        result = self._operation.results[key]
        result.status, result.reason = "CANCELLED", reason
        instance = self._set.instances.get(key)
        if instance is not None:
            instance.detailed, instance.reason = "CANCELLED", reason

    def _differs(self, instance: Instance) -> bool:
        """Whether a stack that was taken in is other than the StackSet says."""
        stack = self._stack(instance)
        wanted = self._wanted(instance)
        return stack is None or (wanted.template.body, dict(wanted.parameters), wanted.tags) != (
            stack.body, stack.parameters, stack.tags,
        )  # fmt: skip

    def _act(self, instance: Instance) -> None:
        if self._operation.imports:
            instance.stack_id = self._operation.imports[instance.account_id, instance.region]
            self._check_roles(instance)
            return
        if self._operation.action != "DELETE":
            self._check_roles(instance)
            self._bring(instance)
            return
        if not self._operation.retain:
            self._check_roles(instance)
            self._remove(instance, self._stack(instance))
        del self._set.instances[instance.account_id, instance.region]

    def _bring(self, instance: Instance) -> None:
        """Create the stack, or update it if it differs."""
        wanted = self._wanted(instance)
        stack = self._stack(instance)
        if stack is not None and stack.status in _STILLBORN:
            self._remove(instance, stack)
            stack = None
        if stack is None:
            name = f"StackSet-{self._set.name}-{uuid.uuid4()}"
            self._permit(instance, "CreateStack", name)
            stack = self._stacks.new_stack(instance.account_id, instance.region, name)
            instance.stack_id = stack.id
            self._stacks.deployment(stack, self._actor(instance)).create(wanted)
        else:
            self._update(instance, stack, wanted)
        stack.capabilities = self._set.capabilities
        if stack.status not in _DONE:
            raise Failed(stack.first_failure())

    def _update(self, instance: Instance, stack: Stack, wanted: Wanted) -> None:
        if stack.busy or stack.status == "UPDATE_ROLLBACK_FAILED":
            raise Failed(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        deployment = self._stacks.deployment(stack, self._actor(instance))
        if deployment.differs(wanted):
            self._permit(instance, "UpdateStack", stack.name)
            deployment.update(wanted)
        elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
            # Nothing is left to change: the rolled-back stack is what is wanted now.
            stack.status = "UPDATE_COMPLETE"

    def _remove(self, instance: Instance, stack: Stack | None) -> None:
        if stack is None or stack.gone:
            return
        if stack.protected:
            raise Failed(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        self._permit(instance, "DeleteStack", stack.name)
        self._stacks.deployment(stack, self._actor(instance)).delete()
        if not stack.gone:
            raise Failed(stack.first_failure())

    def _wanted(self, instance: Instance) -> Wanted:
        template = parse(self._set.body)
        given = {**self._set.parameters, **instance.overrides}
        known = {name: value for name, value in given.items() if name in template.parameters}
        return Wanted(template, parameters.settle(template.parameters, known), self._set.tags)

    def _stack(self, instance: Instance) -> Stack | None:
        here = self._stacks.stacks.get((instance.account_id, instance.region), {})
        stack = here.get(instance.stack_id)
        return stack if stack is not None and not stack.gone else None

    def _actor(self, instance: Instance) -> str:
        role = _OF_THE_SERVICE if self._set.service_managed else self._set.execution_role
        return f"arn:aws:sts::{instance.account_id}:assumed-role/{role}/{_SESSION}"

    def _permit(self, instance: Instance, operation: str, stack_name: str) -> None:
        """Raise the Refusal for what the execution role may not do with its stack."""
        who = identity.acting(instance.account_id, self._actor(instance), INVOKED_BY)
        self._simulation.authorization.permit(
            who, instance.region, "cloudformation", operation, {"StackName": stack_name}
        )

    def _check_roles(self, instance: Instance) -> None:
        if self._set.service_managed:
            return
        problem = self._role_problem(instance.account_id)
        if problem:
            raise Failed(problem)

    def _find_role_problem(self, account_id: str) -> str:
        """Why CloudFormation cannot become the administration role, and that the execution role."""
        role, execution = self._set.administration_role, self._set.execution_role
        if not _trusts_cloudformation(self._simulation, self._set.account_id, role):
            return (
                f"Account {self._set.account_id} should have '{role}' role with trust relationship "
                "to CloudFormation service."
            )
        sts = self._simulation.client(
            "sts", self._set.region, self._set.account_id,
            acting_as=f"arn:aws:sts::{self._set.account_id}:assumed-role/{role}/{_SESSION}",
            invoked_by=INVOKED_BY,
        )  # fmt: skip
        try:
            sts.assume_role(
                RoleArn=f"arn:aws:iam::{account_id}:role/{execution}", RoleSessionName=_SESSION
            )
        except AwsError:
            return (
                f"Account {account_id} should have '{execution}' role with trust relationship to "
                f"Role '{role}'."
            )
        return ""


def _suspended_accounts(simulation: "Simulation") -> frozenset[str]:
    return frozenset(simulation.account_ids()) - frozenset(simulation.active_account_ids())


def _trusts_cloudformation(simulation: "Simulation", account_id: str, role: str) -> bool:
    iam = simulation.client("iam", "us-east-1", account_id)
    try:
        policy: Any = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    except AwsError:
        return False
    policy = json.loads(policy) if isinstance(policy, str) else policy
    return any(INVOKED_BY in _services(statement) for statement in _many(policy["Statement"]))


def _services(statement: dict[str, Any]) -> Iterable[str]:
    principal = statement.get("Principal")
    if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
        return ()
    return tuple(_many(principal.get("Service", ())))


def _many(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else (value,)
