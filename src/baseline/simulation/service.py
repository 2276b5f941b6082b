"""What a simulated service is made of: the call it gets, the refusal it raises, and its seam.

A service of ours defines an operation as a method named in snake case. What it does not define
falls through to moto, and what moto does not implement is answered with status 501.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from botocore import xform_name

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation


@dataclass(frozen=True)
class Call:
    """One API call, as who made it and what was asked.

    ``identity`` has the shape of CloudTrail's ``userIdentity``; ``parameters`` are as boto3 takes
    them; ``internal`` marks what the simulation does by itself and no trail should show.
    """

    account_id: str
    arn: str
    access_key_id: str
    identity: dict[str, Any]
    region: str
    service: str
    operation: str
    parameters: dict[str, Any] = field(repr=False)
    source_ip: str
    user_agent: str
    time: datetime
    event_id: str
    internal: bool = False


class Refusal(Exception):  # noqa: N818  # it is an answer of AWS, not a fault of ours
    """The service says no. ``code`` and ``message`` are AWS's, ``status`` is HTTP's."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class ConnectionLost(Exception):  # noqa: N818  # what a client sees: no answer at all
    """The connection breaks before there is an answer."""


class Service:
    """One AWS service, as far as the simulation does it better than moto.

    State lives in attributes that can be pickled; ``__getstate__`` leaves the simulation out.
    """

    name: ClassVar[str]

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation

    def operation(self, name: str) -> Any:
        """The method that answers the operation ``CreateDetector``, or None."""
        return getattr(type(self), xform_name(name), None)

    def moto(self, call: Call) -> dict[str, Any]:
        """Pass ``call`` on to moto and give its parsed answer; raises Refusal.

        ``dataclasses.replace(call, operation=…, parameters=…)`` asks moto for something else.
        """
        return self.simulation.front.ask_moto(call)

    def deliver(self) -> int:
        """Write what is pending to its buckets; how many objects."""
        return 0

    def settle(self) -> None:
        """Wait until what runs in the background has come to its end."""

    def close(self) -> None:
        """End what runs in the background."""

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "simulation"}
