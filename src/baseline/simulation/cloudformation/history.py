"""What happens to a stack, written down as it happens; and failures in CloudFormation's words."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from baseline.errors import AwsError, BaselineError
from baseline.parallel import UnexpectedError
from baseline.simulation.cloudformation.provider import Place, Provider
from baseline.simulation.cloudformation.providers import provider
from baseline.simulation.cloudformation.records import (
    BY_USER,
    STACK_TYPE,
    Event,
    Export,
    Stack,
    StackResource,
)
from baseline.simulation.service import Refusal


@dataclass(frozen=True)
class Surroundings:
    """What a deployment sees of the world: time, clients, and the exports of other stacks.

    ``answers`` are those of custom resources, by their response URLs.
    """

    now: Callable[[], dt.datetime]
    open: Callable[[str], Any]
    answers: dict[str, Any]
    exported: Callable[[str], Export | None]
    importers: Callable[[str], list[str]]


class Failed(Exception):  # noqa: N818  # how a deployment turns round, not an error of ours
    """A resource, named if there is one, could not be made, changed or deleted."""

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.name = name


class History:
    """One stack, changed together with the events that tell of it."""

    def __init__(self, stack: Stack, world: Surroundings) -> None:
        self.stack = stack
        self.world = world

    def say(self, status: str, reason: str = "") -> None:
        """The stack has a new status."""
        self._write(self.stack.name, self.stack.id, STACK_TYPE, status, reason)
        self.stack.reason = "" if reason == BY_USER else reason
        self.stack.status = status

    def tell(self, resource: StackResource) -> None:
        """Something happened to a resource, though not to what the stack holds."""
        self._write(
            resource.name, resource.physical_id, resource.type, resource.status, resource.reason
        )

    def hold(self, resource: StackResource, status: str, reason: str = "") -> None:
        """The stack holds ``resource``, with this status."""
        held = replace(resource, status=status, reason=reason, changed=self.world.now())
        self.stack.resources[held.name] = held
        self.tell(held)

    def worker(self, resource: StackResource) -> tuple[Provider, Place]:
        """Who works on a resource, and where."""
        stack = self.stack
        place = Place(
            stack.account_id,
            stack.region,
            stack.name,
            resource.name,
            self.world.open,
            self.world.answers,
        )
        return provider(resource.type), place

    @contextmanager
    def attempt(self, resource: StackResource) -> Iterator[None]:
        """What fails inside fails ``resource``, which the stack may not hold yet; raises Failed."""
        try:
            with failures(resource.type):
                yield
        except Failed as failed:
            held = self.stack.resources.get(resource.name)
            started = held is None or held.status.endswith("IN_PROGRESS")
            status = resource.status.replace("IN_PROGRESS", "FAILED")
            if started:
                self.hold(held or resource, status, failed.reason)
            else:
                self.tell(replace(resource, status=status, reason=failed.reason))
            raise Failed(failed.reason, resource.name) from None

    def _write(self, name: str, physical_id: str, kind: str, status: str, reason: str) -> None:
        event = Event(name, physical_id, kind, status, reason, self.world.now())
        self.stack.events.append(event)


@contextmanager
def failures(type_name: str = "") -> Iterator[None]:
    """Raise whatever goes wrong inside as Failed, said as CloudFormation says it."""
    try:
        yield
    except Failed:
        raise
    except Refusal as refusal:
        raise Failed(refusal.message) from None
    except AwsError as error:
        raise Failed(_handler_said(error, type_name)) from error
    except BaselineError as error:
        raise Failed(str(error)) from error
    except Exception as error:  # the boundary: a bug fails the resource, loudly
        raise Failed(str(UnexpectedError(error))) from error


def _handler_said(error: AwsError, type_name: str) -> str:
    message = error.what.removeprefix(f"{error.code}: ")
    service = type_name.split("::")[1]
    return (
        f'Resource handler returned message: "{message} (Service: {service}, '
        f'Error Code: {error.code})"'
    )


def these(verb: str, names: list[str]) -> str:
    """The sentence that names the resources that failed."""
    return f"The following resource(s) failed to {verb}: [{', '.join(names)}]."
