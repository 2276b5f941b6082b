"""Whether StackSets may work in the organization, and who may call for that.

Source: AWS CloudFormation API Reference and User Guide, "StackSets".
"""

from typing import TYPE_CHECKING

from baseline.simulation.cloudformation.requests import Answer, invalid
from baseline.simulation.cloudformation.stacks import Stacks
from baseline.simulation.organizations import STACK_SETS, backend
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation


class OrganizationsAccess(Stacks):
    """The part of CloudFormation that is about trusted access to the organization."""

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self.organizations_access = False

    def activate_organizations_access(self, call: Call) -> Answer:
        """Let StackSets into the organization: only the main account may."""
        self._check_main(call)
        self.organizations_access = True
        return {}

    def deactivate_organizations_access(self, call: Call) -> Answer:
        """Shut StackSets out; what they have made stays."""
        self._check_main(call)
        self.organizations_access = False
        return {}

    def describe_organizations_access(self, call: Call) -> Answer:
        """Whether StackSets are let in."""
        self._owner(call)
        return {"Status": "ENABLED" if self.organizations_access else "DISABLED"}

    def _owner(self, call: Call) -> str:
        """Whose StackSets are meant: delegated administrators work in the main account."""
        if call.parameters.get("CallAs", "SELF") == "SELF":
            return call.account_id
        delegated = {
            admin.account.id
            for admin in backend(self.simulation.blueprint.main.id).admins
            if STACK_SETS in admin.services
        }
        if call.account_id not in delegated:
            raise invalid(
                f"You must be registered as a delegated administrator: account {call.account_id} "
                "is not"
            )
        return self.simulation.blueprint.main.id

    def _check_main(self, call: Call) -> None:
        if call.account_id != self.simulation.blueprint.main.id:
            raise Refusal(
                "InvalidOperationException", "Only the organization's management account may"
            )

    def _check_permissions(self, call: Call, model: str) -> None:
        given = call.parameters
        if model == "SELF_MANAGED":
            if given.get("AutoDeployment") or given.get("CallAs") == "DELEGATED_ADMIN":
                raise invalid(
                    "AutoDeployment and CallAs DELEGATED_ADMIN are for SERVICE_MANAGED permissions"
                )
            return
        if not self.organizations_access:
            raise invalid(
                "You must enable organizations access to operate a service managed stack set"
            )
        if given.get("AdministrationRoleARN") or given.get("ExecutionRoleName"):
            raise invalid("SERVICE_MANAGED permissions take no roles")
        if call.operation == "CreateStackSet" and "AutoDeployment" not in given:
            raise invalid("AutoDeployment is required for SERVICE_MANAGED permissions")
