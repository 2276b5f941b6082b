"""What service control policies deny an identity in a member account. Pure.

Where nothing can be said here of a condition or a resource, that is a doubt, never "no"
[Organizations User Guide, "SCP evaluation"].
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from baseline.permissions import Request, Statement, applies


@dataclass(frozen=True)
class Policy:
    """A service control policy: its name, and its statements as they are written."""

    name: str
    statements: tuple[Statement, ...]

    @property
    def open(self) -> bool:
        """Whether it allows everything and denies nothing, as FullAWSAccess does."""
        said = [{k: v for k, v in s.items() if k != "Sid"} for s in self.statements]
        return said == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


@dataclass(frozen=True)
class Denial:
    """What denies a request, in words; ``certain`` is False where it cannot be told whether."""

    why: str
    certain: bool


def denial(levels: Iterable[tuple[str, Sequence[Policy]]], request: Request) -> Denial | None:
    """What denies ``request``: a statement, or a level on which nothing allows it.

    ``levels`` are the root, the units and the account, each with the policies attached to it.
    """
    doubt = None
    for level, policies in levels:
        for found in chain(_denials(policies, request), _not_allowed(level, policies, request)):
            if found.certain:
                return found
            doubt = doubt or found
    return doubt


def _denials(policies: Iterable[Policy], request: Request) -> Iterator[Denial]:
    for policy in policies:
        for statement in policy.statements:
            if statement.get("Effect") != "Deny":
                continue
            about = applies(statement, request)
            if about is False:
                continue
            said = f" ({statement['Sid']})" if statement.get("Sid") else ""
            by = f"service control policy {policy.name}{said}"
            yield Denial(by, certain=True) if about else _doubt(f"whether {by} denies it")


def _not_allowed(level: str, policies: Sequence[Policy], request: Request) -> Iterator[Denial]:
    """On every level that has policies, one of them has to allow the request."""
    answers = {policy.name: _allows(policy, request) for policy in policies}
    if not policies or True in answers.values():
        return
    perhaps = [name for name, allows in answers.items() if allows is None]
    if perhaps:
        yield _doubt(f"whether service control policy {perhaps[0]} allows it")
    else:
        yield Denial(f"no service control policy of {level} allows it", certain=True)


def _doubt(what: str) -> Denial:
    return Denial(f"{what}, cannot be told from here", certain=False)


def _allows(policy: Policy, request: Request) -> bool | None:
    answers = {
        applies(statement, request)
        for statement in policy.statements
        if statement.get("Effect") == "Allow"
    }
    return True if True in answers else None if None in answers else False
