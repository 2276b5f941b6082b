"""Coverage: which account and region has which service in which state, read from the services.

CloudFormation may say that all is well while a recorder was stopped by hand, so it is not asked.
Three answers: PASS, FAIL, and UNKNOWN where it could not be looked at, with the cause.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from baseline.errors import AwsError, BaselineError, DeniedError, ThrottledError, UnreachableError
from baseline.organization import Target
from baseline.parallel import Done, each
from baseline.rollout import intended
from baseline.rollout.catalogue import Baseline, Stack, StackSet
from baseline.rollout.choice import EVERYTHING, Choice
from baseline.rollout.intended import Properties, Where
from baseline.rollout.reach import Reach
from baseline.sessions import Session

# These never say what is there, only that nobody could look.
_BLIND = (DeniedError, ThrottledError, UnreachableError)


class Status(StrEnum):
    """PASS, FAIL, or UNKNOWN: could not look."""

    PASS = "PASS"  # noqa: S105  # an answer, not a password
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Coverage:
    """The answer to one check in one account and region.

    A FAIL without a remedy is mended by deploying, where that changes anything; else ``by_hand``,
    and without that by making its stack anew.
    """

    target: Target
    account: str
    service: str
    check: str
    status: Status
    detail: str
    remedy: str
    by_hand: str = ""


class Missing(Exception):  # noqa: N818  # a check's "no", not an error
    """What a check wants is not there, or is otherwise.

    Without a remedy of its own: it is as the stack would make it anew. ``by_hand`` is what puts it
    back where making the stack anew would lose something.
    """

    def __init__(self, detail: str, remedy: str = "", by_hand: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.by_hand = by_hand


class Doubtful(Missing):
    """Whether AWS takes it nobody can tell beforehand."""


def unlike(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """What of ``wanted`` is otherwise in ``found``; None stands for what is not there."""
    for key, value in wanted.items():
        if found.get(key) != value:
            yield f"{key} is {_shown(found.get(key))}, not {_shown(value)}"


def require(problems: Iterable[str], remedy: str = "", by_hand: str = "") -> None:
    """Raise Missing when there are problems, naming them all."""
    said = "; ".join(problems)
    if said:
        raise Missing(said, remedy, by_hand)


def _shown(value: Any) -> str:
    return "not set" if value is None else str(value)


class Place:
    """One account and region to look at; each question is asked once.

    ``main`` is the main account in this region, ``home`` the main account in the home region,
    ``guard`` the account that administers GuardDuty in this region.
    """

    def __init__(
        self,
        session: Session,
        target: Target,
        baseline: Baseline,
        main: "Place | None" = None,
        home: "Place | None" = None,
        *,
        guard: "Place | None" = None,
    ) -> None:
        self.session = session
        self.target = target
        self.baseline = baseline
        self.main = main or self
        self.home = home or self.main
        self.guard = guard or self.main
        self._answers: dict[Any, Any] = {}

    def intended(self, name: str, resource: str) -> Properties:
        """What the template of the stack or StackSet ``name`` says of a resource here."""
        return self.all_intended(name)[resource]

    def all_intended(self, name: str) -> Mapping[str, Properties]:
        """What it says of each of its resources here."""
        where = Where(self.target.account_id, self.target.region, self.session.partition)
        return intended.resources(self._part(name).body, self.parameters(name), where)

    def parameters(self, name: str) -> Mapping[str, str]:
        """What the template of the stack or StackSet ``name`` is given here."""
        return self._part(name).given(self.target.account_id)

    def _part(self, name: str) -> Stack | StackSet:
        parts: list[Stack | StackSet] = [*self.baseline.stacks, *self.baseline.stack_sets]
        return next(p for p in parts if p.name == name)

    def ask(self, service: str, operation: str, absent: tuple[str, ...] = (), **asked: Any) -> Any:
        """The answer of an operation; None when AWS gives one of the error codes in ``absent``."""
        key = (service, operation, repr(asked))
        if key not in self._answers:
            self._answers[key] = self._call(service, operation, absent, asked)
        return self._answers[key]

    def _call(self, service: str, operation: str, absent: tuple[str, ...], asked: Any) -> Any:
        client = self.session.client(service, self.target.region)
        try:
            if client.can_paginate(operation):
                return client.get_paginator(operation).paginate(**asked).build_full_result()
            return getattr(client, operation)(**asked)
        except _BLIND:
            raise
        except AwsError as error:
            if error.code in absent:
                return None
            raise


# Gives the detail of a PASS; raises Missing for a FAIL, an error of AWS for UNKNOWN.
Look = Callable[[Place], str]


@dataclass(frozen=True)
class Check:
    """One question to a service."""

    service: str
    name: str
    look: Look


ChecksOf = Callable[[Target, Baseline, Choice], Iterable[Check]]


def read(
    reach: Reach, baseline: Baseline, checks_of: ChecksOf, choice: Choice = EVERYTHING
) -> Iterator[Coverage]:
    """The coverage of every chosen target, in the order in which the targets are done.

    ``checks_of`` says what is to be asked in a target.
    """
    reader = _Reader(reach, baseline, checks_of, choice)
    for outcome in each(targets(baseline, choice), reader.look):
        if isinstance(outcome, Done):
            yield from outcome.value
        else:
            yield from reader.blind(outcome.target, outcome.error)


def targets(baseline: Baseline, choice: Choice = EVERYTHING) -> tuple[Target, ...]:
    """Where there is something to look at, of what is chosen."""
    found = {t for s in baseline.stack_sets for t in s.targets} | {baseline.home}
    return tuple(sorted(t for t in found if _chosen(t, choice)))


def _chosen(target: Target, choice: Choice) -> bool:
    return (choice.accounts is None or target.account_id in choice.accounts) and (
        choice.regions is None or target.region in choice.regions
    )


class _Reader:
    """Asks the checks of one target after the other."""

    def __init__(
        self, reach: Reach, baseline: Baseline, checks_of: ChecksOf, choice: Choice
    ) -> None:
        self._reach = reach
        self._baseline = baseline
        self._checks_of = checks_of
        self._choice = choice
        self._names = {a.id: a.name for a in baseline.organization.accounts}
        self._shared: dict[Target, Place] = {}

    def look(self, target: Target) -> list[Coverage]:
        """The answers in ``target``; raises when its account cannot be looked at."""
        place = self._place(target)
        return [self._judged(check, place) for check in self._checks(target)]

    def blind(self, target: Target, error: BaselineError) -> Iterator[Coverage]:
        """UNKNOWN for every check in ``target``."""
        for check in self._checks(target):
            yield self._unknown(check, target, error)

    def _checks(self, target: Target) -> Iterable[Check]:
        return self._checks_of(target, self._baseline, self._choice)

    def _place(self, target: Target) -> Place:
        main, region = self._baseline.home.account_id, target.region
        delegation = self._baseline.delegation
        guard = delegation.administrator if delegation else main
        return Place(
            self._reach.look(target.account_id),
            target,
            self._baseline,
            self._once(Target(main, region)),
            self._once(Target(main, self._baseline.home_region)),
            guard=self._once(Target(guard, region)),
        )

    def _once(self, target: Target) -> Place:
        """Shared by all members, so that the main account is asked once in each region."""
        if target not in self._shared:
            session = self._reach.look(target.account_id)
            self._shared[target] = Place(session, target, self._baseline)
        return self._shared[target]

    def _judged(self, check: Check, place: Place) -> Coverage:
        try:
            return self._row(check, place.target, Status.PASS, check.look(place))
        except Missing as missing:
            found = self._row(
                check, place.target, Status.FAIL, missing.detail, remedy=missing.remedy
            )
            return replace(found, by_hand=missing.by_hand)
        except BaselineError as error:
            return self._unknown(check, place.target, error)

    def _unknown(self, check: Check, target: Target, error: BaselineError) -> Coverage:
        cause = f"could not look: {error.what}"
        remedy = error.remedy or "Verify again."
        return self._row(check, target, Status.UNKNOWN, cause, remedy=remedy)

    def _row(
        self, check: Check, target: Target, status: Status, detail: str, *, remedy: str = ""
    ) -> Coverage:
        name = self._names.get(target.account_id, target.account_id)
        return Coverage(target, name, check.service, check.name, status, detail, remedy)
