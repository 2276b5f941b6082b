"""The simulated organization: state, front, transports, faults and clock in one value."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

# Before moto is imported: 500 images in every region of every account would cost gigabytes.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from baseline.simulation import identity, server
from baseline.simulation.blueprint import Blueprint
from baseline.simulation.clock import Clock
from baseline.simulation.faults import Faults
from baseline.simulation.front import Front, StartResponse
from baseline.simulation.service import Call, Refusal, Service
from baseline.simulation.services import SERVICES
from baseline.simulation.sessions import IssuedSessions
from baseline.simulation.transport import Clients, Transport

Observer = Callable[[Call, dict[str, Any] | None, Refusal | None], None]


class Simulation:
    """An AWS Organization that answers the AWS API; a WSGI application.

    One at a time in a process: moto's state, in which most services live, belongs to the process.
    """

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        self.blueprint = blueprint or Blueprint()
        self.clock = Clock()
        self.faults = Faults()
        self.sessions = IssuedSessions(self.clock)
        self.observers: list[Observer] = []
        self.front = Front(self)
        self.transport = Transport(self)
        self._clients = Clients(self.transport, self.blueprint.main.id)
        self.services: dict[str, Service] = {made.name: made(self) for made in SERVICES}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        """Answer one request."""
        return self.front(environ, start_response)

    def service(self, name: str) -> Any:
        """Our own service of that botocore name."""
        return self.services[name]

    def account_ids(self) -> tuple[str, ...]:
        """All accounts, the main account first."""
        return tuple(account.id for account in self.blueprint.accounts)

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """Serve on loopback while the context is open; gives the URL."""
        return server.serve(self, port)

    def client(
        self,
        service: str,
        region: str,
        account_id: str,
        *,
        acting_as: str = "",
        invoked_by: str = "",
    ) -> Any:
        """A client inside ``account_id`` that raises the errors of ``baseline.errors``.

        It is the simulation itself, whom no trail shows; with ``acting_as``, the ARN of an assumed
        role in that account, it is that role and its calls are recorded. ``invoked_by`` is the
        service on whose behalf, for example ``cloudformation.amazonaws.com``.
        """
        who = (
            identity.acting(account_id, acting_as, invoked_by)
            if acting_as
            else identity.itself(account_id)
        )
        return self._clients.client(service, region, who)
