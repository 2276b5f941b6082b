"""CloudFormation and StackSets of the simulated organization.

A template is parsed once (``template``) and resolved for one account and region (``wanted``);
a deployment (``engine``) brings a stack to it, through providers that call the account's own API
(``providers``). A StackSet operation (``operations``, ``instances``) is many deployments, with the
order, the concurrency and the failure tolerance that AWS documents.
"""

from typing import Any, ClassVar, NoReturn

from baseline.simulation.cloudformation.automation import Automation
from baseline.simulation.cloudformation.change_sets import ChangeSets
from baseline.simulation.cloudformation.detection import Detection
from baseline.simulation.cloudformation.views import Views
from baseline.simulation.service import Call, Refusal


class CloudFormation(Automation, Detection, ChangeSets, Views):
    """The service; nothing of it is left to moto, whose stacks would be others than ours."""

    name: ClassVar[str] = "cloudformation"

    def operation(self, name: str) -> Any:
        """The method for an operation; one that refuses for what is not simulated."""
        return super().operation(name) or _not_simulated


def _not_simulated(_service: CloudFormation, call: Call) -> NoReturn:
    raise Refusal(
        "NotImplemented", f"The simulation does not answer cloudformation:{call.operation}.", 501
    )


__all__ = ["CloudFormation"]
