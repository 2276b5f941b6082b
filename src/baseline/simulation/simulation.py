"""The simulated organization: state, front, transports, faults and clock in one value."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Before moto is imported: 500 images in every region of every account would cost gigabytes.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from baseline.simulation import (
    environment,
    foundation,
    identity,
    misconfigurations,
    server,
    snapshot,
)
from baseline.simulation.authorization import Authorization
from baseline.simulation.blueprint import Blueprint
from baseline.simulation.clock import Clock
from baseline.simulation.faults import Faults
from baseline.simulation.foundation import Administrator
from baseline.simulation.front import Front, StartResponse
from baseline.simulation.identity import Identity
from baseline.simulation.issued import IssuedCredentials
from baseline.simulation.mfa import MfaCodes
from baseline.simulation.organizations import backend
from baseline.simulation.service import Call, Refusal, Service
from baseline.simulation.services import SERVICES
from baseline.simulation.transport import Clients, Transport

Observer = Callable[[Call, dict[str, Any] | None, Refusal | None], None]


class Simulation:
    """An AWS Organization that answers the AWS API; a WSGI application.

    One at a time in a process: moto's state, in which most services live, belongs to the process,
    and a new simulation empties it.
    """

    administrator: Administrator

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        snapshot.forget()
        self._prepare(blueprint or Blueprint(), Clock())
        self.administrator = foundation.found(self)
        if self.blueprint.misconfigured:
            misconfigurations.plant(self)

    @classmethod
    def restore(cls, blob: bytes) -> "Simulation":
        """The simulation that ``snapshot`` saved. Only for what this program wrote: a pickle."""
        # First, since forgetting closes the bodies of all objects that moto knows by then.
        snapshot.forget()
        state = snapshot.read(blob)
        simulation = cls.__new__(cls)
        simulation._prepare(state["blueprint"], state["clock"])  # noqa: SLF001  # a constructor
        snapshot.put_back(simulation, state)
        return simulation

    def _prepare(self, blueprint: Blueprint, clock: Clock) -> None:
        self.blueprint = blueprint
        self.clock = clock
        self.faults = Faults()
        self.issued = IssuedCredentials(clock)
        self.mfa = MfaCodes(clock)
        self.longest_session: float | None = None  # seconds, whatever is asked of STS
        self.observers: list[Observer] = []
        self.url = ""  # where processes that the simulation starts find it, while it is served
        self.authorization = Authorization(self)
        self.front = Front(self)
        self.transport = Transport(self)
        self._clients = Clients(self.transport, blueprint.main.id)
        self.services: dict[str, Service] = {made.name: made(self) for made in SERVICES}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        """Answer one request."""
        return self.front(environ, start_response)

    def service(self, name: str) -> Any:
        """Our own service of that botocore name."""
        return self.services[name]

    def account_ids(self) -> tuple[str, ...]:
        """All accounts, the main account first, also those that were created since."""
        return tuple(account.id for account in self._accounts())

    def active_account_ids(self) -> tuple[str, ...]:
        """The accounts that answer: suspended ones do not."""
        return tuple(account.id for account in self._accounts() if account.status == "ACTIVE")

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve on loopback while the context is open; gives the URL."""
        with server.serve(self, port) as url:
            self.url = url
            try:
                yield url
            finally:
                self.url = ""

    def environment(self, url: str) -> dict[str, str]:
        """What to export so that any AWS tool speaks to ``url`` as the administrator."""
        return environment.environment(url, self.administrator, self.blueprint.home_region)

    def client(
        self,
        service: str,
        region: str,
        account_id: str,
        *,
        acting_as: str | Identity = "",
        invoked_by: str = "",
    ) -> Any:
        """A client inside ``account_id`` that raises the errors of ``baseline.errors``.

        It is the simulation itself, whom no trail shows; with ``acting_as``, the ARN of an assumed
        role in that account or a whole identity, it is that one and its calls are recorded.
        ``invoked_by`` is the service on whose behalf, for example
        ``cloudformation.amazonaws.com``.
        """
        if isinstance(acting_as, Identity):
            return self._clients.client(service, region, acting_as)
        who = (
            identity.acting(account_id, acting_as, invoked_by)
            if acting_as
            else identity.itself(account_id)
        )
        return self._clients.client(service, region, who)

    def mfa_code(self) -> str:
        """What the administrator's MFA device shows; each code is accepted once."""
        return self.mfa.current(self.blueprint.main.id, self.administrator.mfa_serial)

    def deliver(self) -> int:
        """Let every service write what it has pending to its buckets now; how many objects."""
        return sum(service.deliver() for service in self.services.values())

    def advance(self, seconds: float) -> None:
        """Let time go by, and let happen what is due by then: schedules, and second tries."""
        self.clock.advance(seconds)
        for name in ("events", "lambda"):
            self.services[name].deliver()

    def snapshot(self) -> bytes:
        """The whole state, once what runs in the background has come to its end."""
        for service in self.services.values():
            service.settle()
        return snapshot.take(self)

    def close(self) -> None:
        """End what runs in the background, and empty moto."""
        for service in self.services.values():
            service.close()
        snapshot.forget()

    def _accounts(self) -> list[Any]:
        return list(backend(self.blueprint.main.id).accounts)
