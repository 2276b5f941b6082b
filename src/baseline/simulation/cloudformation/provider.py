"""What makes one type of resource: through the target account's own API, like any client."""

import secrets
import string
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made

Properties = Mapping[str, Any]

_LETTERS = string.ascii_uppercase + string.digits
_PARTITION = "aws"

# How services say that something is not there: what is gone need not be deleted.
_GONE = ("NotFound", "NoSuch", "NotExist", "404")


@dataclass(frozen=True)
class Place:
    """Where, for which resource and as whom a provider works; ``open`` gives clients.

    ``answers`` fills up with what custom resources send to their response URLs.
    """

    account_id: str
    region: str
    stack_name: str
    logical_id: str
    open: Callable[[str], Any]
    answers: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The service's client in this account and region."""
        return self.open(service)

    def name(self, most: int = 64) -> str:
        """A name as CloudFormation makes one: stack, resource and 12 random characters."""
        ending = "".join(secrets.choice(_LETTERS) for _ in range(12))
        room = most - len(ending) - 1
        stack = self.stack_name[: max(room - len(self.logical_id) - 1, room // 2)]
        return f"{stack}-{self.logical_id}"[:room].rstrip("-") + f"-{ending}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource here."""
        return f"arn:{_PARTITION}:{service}:{self.region}:{self.account_id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of a service without regions."""
        return f"arn:{_PARTITION}:{service}::{self.account_id}:{resource}"


class Provider(ABC):
    """Makes, changes and deletes resources of one type; raises AwsError when AWS refuses.

    ``service`` is boto3's name; ``after`` are types that come first within one template.
    """

    type: ClassVar[str]
    service: ClassVar[str]
    after: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def create(self, place: Place, properties: Properties) -> Made:
        """Make the resource, in one call; what else it needs belongs into ``complete``."""

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Set up what was made. Apart from ``create``, so that a failure leaves nothing behind."""
        del place, properties
        return made

    @abstractmethod
    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change the resource in place; never called when a fixed property changes."""

    @abstractmethod
    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Delete the resource; one that is gone already is a refusal that ``gone`` knows."""

    def read(self, place: Place, made: Made, properties: Properties) -> Properties | None:
        """The properties that drift detection compares, as they are; None for a type that has none.

        What is not there is a refusal that ``gone`` knows.
        """
        del place, made, properties
        return None

    def client(self, place: Place) -> Any:
        """The client of the type's own service."""
        return place.client(self.service)


class PutProvider(Provider):
    """A type whose API has one call that makes and changes: only ``put`` and ``delete`` differ."""

    @abstractmethod
    def put(self, place: Place, name: str | None, properties: Properties) -> Made:
        """Make or overwrite; ``name`` is the physical id when there is one already."""

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the resource."""
        return self.put(place, None, properties)

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Overwrite the resource."""
        del before
        return self.put(place, made.id, after)


def gone(error: AwsError) -> bool:
    """Whether AWS refused because there is no such resource."""
    return any(word in error.code for word in _GONE)


def missing(what: str) -> AwsError:
    """The refusal of what an API leaves out of its list."""
    return AwsError(f"{what} does not exist", code="NotFound")


def chosen(properties: Properties, *names: str) -> dict[str, Any]:
    """Those of the named properties that are there."""
    return {name: properties[name] for name in names if name in properties}


def raised(value: Any) -> Any:
    """``value`` with all keys beginning in upper case, as CloudFormation has them."""
    if isinstance(value, Mapping):
        return {name[0].upper() + name[1:]: raised(item) for name, item in value.items()}
    return [raised(item) for item in value] if isinstance(value, list) else value


def lowered(value: Any) -> Any:
    """``value`` with all keys beginning in lower case, as some APIs want them."""
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: lowered(item) for name, item in value.items()}
    return [lowered(item) for item in value] if isinstance(value, list) else value


def tag_map(tags: Any) -> dict[str, str]:
    """A list of Key and Value as a map."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def removed_tags(before: Properties, after: Properties) -> list[str]:
    """The keys of tags that are no longer wanted."""
    return sorted(set(tag_map(before.get("Tags"))) - set(tag_map(after.get("Tags"))))
