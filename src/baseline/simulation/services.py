"""The services that the simulation answers itself, in front of moto."""

from baseline.simulation.service import Service

SERVICES: tuple[type[Service], ...] = ()
