"""The simulated organization: an AWS Organization that answers the AWS API on loopback.

``Front`` takes every request, finds the operation by botocore's models and the caller by the
access key, and lets a ``Service`` of ours answer, or moto behind it. Two transports lead to it:
HTTP on loopback, and botocore's ``before-send`` inside the process. What it says is simulated.
"""

from baseline.simulation.blueprint import Blueprint
from baseline.simulation.environment import TOKEN, UNSET
from baseline.simulation.faults import Fault
from baseline.simulation.simulation import Simulation
from baseline.simulation.state_file import load as load_state
from baseline.simulation.state_file import save as save_state

__all__ = ["TOKEN", "UNSET", "Blueprint", "Fault", "Simulation", "load_state", "save_state"]
