"""The services that the simulation answers itself, in front of moto."""

from baseline.simulation.config import Config
from baseline.simulation.ec2 import Ec2
from baseline.simulation.guardduty import GuardDuty
from baseline.simulation.service import Service

SERVICES: tuple[type[Service], ...] = (
    Config,
    Ec2,
    GuardDuty,
)
