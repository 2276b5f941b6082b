"""StackSets, with self-managed and with service-managed permissions: the operations of the API.

Source: AWS CloudFormation API Reference and User Guide, "StackSets".
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from baseline.simulation.cloudformation import requests
from baseline.simulation.cloudformation import stack_set_descriptions as descriptions
from baseline.simulation.cloudformation.requests import Answer, invalid, page
from baseline.simulation.cloudformation.stack_instances import StackInstances, operable
from baseline.simulation.cloudformation.stack_set_records import Instance, StackSet
from baseline.simulation.cloudformation.stacks import DECIDING
from baseline.simulation.cloudformation.template import Template, parse
from baseline.simulation.service import Call, Refusal

_ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
_EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"


class StackSets(StackInstances):
    """The part of CloudFormation that is about StackSets, of one account and region each."""

    def create_stack_set(self, call: Call) -> Answer:
        """Make a StackSet without instances."""
        given, name = call.parameters, call.parameters["StackSetName"]
        requests.check_name(name, "stackSetName")
        self._check_permissions(call, given.get("PermissionModel", "SELF_MANAGED"))
        wanted = requests.wanted(call, requests.template(self.simulation, call))
        with DECIDING:
            if name in self._sets(call):
                raise Refusal(
                    "NameAlreadyExistsException", f"StackSet {name} already exists", status=409
                )
            made = StackSet(
                id=f"{name}:{uuid.uuid4()}",
                name=name,
                account_id=self._owner(call),
                region=call.region,
                body=wanted.template.body,
                parameters=dict(wanted.parameters),
                tags=wanted.tags,
            )
            _settings(made, given)
            self.stack_sets.setdefault((made.account_id, call.region), {})[name] = made
        return {"StackSetId": made.id}

    def update_stack_set(self, call: Call) -> Answer:
        """Change a StackSet, and begin to update its instances: all, or those that are named."""
        given = call.parameters
        with DECIDING:
            found = self._set(call)
            self._check_change(call, found)
            template = requests.template(self.simulation, call, found.body)
            wanted = requests.wanted(call, template, found.parameters, found.tags)
            some = "Accounts" in given or "DeploymentTargets" in given
            keys = self._named(call, found) if some else list(found.instances)
            operation = self._operation(call, found, "UPDATE", operable(found, keys))
            if (wanted.template.body, dict(wanted.parameters), wanted.tags) != (
                found.body, found.parameters, found.tags,
            ):  # fmt: skip
                _outdate(found.instances.values())
            found.body, found.parameters = wanted.template.body, dict(wanted.parameters)
            found.tags = wanted.tags
            _settings(found, given)
        return self._begin(found, operation)

    def delete_stack_set(self, call: Call) -> Answer:
        """Delete a StackSet that has no instances."""
        with DECIDING:
            found = self._set(call)
            self._check_idle(found)
            if found.instances:
                raise Refusal("StackSetNotEmptyException", "StackSet is not empty", status=409)
            found.status = "DELETED"
            del self._sets(call)[found.name]
        return {}

    def describe_stack_set(self, call: Call) -> Answer:
        """One StackSet."""
        return {"StackSet": descriptions.stack_set(self._set(call))}

    def list_stack_sets(self, call: Call) -> Answer:
        """All StackSets of this account and region; none of them is deleted."""
        found = list(self._sets(call).values())
        if call.parameters.get("Status") == "DELETED":
            found = []
        return page(call, "Summaries", [descriptions.stack_set_summary(one) for one in found])

    # What a call means

    def _check_change(self, call: Call, found: StackSet) -> None:
        given = call.parameters
        now = "SERVICE_MANAGED" if found.service_managed else "SELF_MANAGED"
        model = given.get("PermissionModel", now)
        if model != now and found.instances:
            raise invalid("PermissionModel cannot be changed while there are stack instances")
        if "AutoDeployment" in given and ("DeploymentTargets" in given or "Regions" in given):
            raise invalid("AutoDeployment cannot be given with DeploymentTargets or Regions")
        self._check_permissions(call, model)

    def _named_template(self, call: Call) -> Template:
        if call.parameters.get("StackSetName"):
            return parse(self._set(call).body)
        return super()._named_template(call)


def _settings(found: StackSet, given: Mapping[str, Any]) -> None:
    role = given.get("AdministrationRoleARN") or found.administration_role or _ADMINISTRATION_ROLE
    found.administration_role = role.rsplit("/", 1)[-1]
    found.execution_role = given.get("ExecutionRoleName") or found.execution_role or _EXECUTION_ROLE
    found.description = given.get("Description", found.description)
    found.capabilities = tuple(given.get("Capabilities") or found.capabilities)
    found.managed = bool((given.get("ManagedExecution") or {}).get("Active", found.managed))
    if "PermissionModel" in given:
        found.service_managed = given["PermissionModel"] == "SERVICE_MANAGED"
    if "AutoDeployment" in given:
        automation = given["AutoDeployment"]
        found.automatic = bool(automation.get("Enabled"))
        found.keeps_stacks = bool(automation.get("RetainStacksOnAccountRemoval"))
        found.after = tuple(automation.get("DependsOn") or ())


def _outdate(instances: Iterable[Instance]) -> None:
    for instance in instances:
        if instance.status == "CURRENT":
            instance.status = "OUTDATED"
