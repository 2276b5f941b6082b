"""What there is to do, as values: steps, and plans of steps in waves. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from baseline.organization import Target
from baseline.rollout.catalogue import WAVES, Baseline, Part


class Action(StrEnum):
    """What a step does. RETAIN gives an instance up and leaves its stack where it is.

    IMPORT takes a stack that is there in as an instance.
    """

    CREATE = "create"
    IMPORT = "import"
    UPDATE = "update"
    DELETE = "delete"
    RETAIN = "retain"
    SKIP = "skip"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a step is about."""

    STACK = "stack"
    STACK_SET = "stack set"
    INSTANCE = "stack instance"
    DELEGATION = "delegation"
    ACCOUNT = "account"


COMING = (Action.CREATE, Action.IMPORT, Action.UPDATE)
GOING = (Action.DELETE, Action.RETAIN)


@dataclass(frozen=True)
class Step:
    """One thing to do or to leave, and why. A StackSet's own part is in the main account.

    ``stack`` is the id of the stack that is imported, or that no StackSet has and is deleted.
    """

    action: Action
    kind: Kind
    part: Part
    reason: str
    stack: str = ""

    @property
    def place(self) -> tuple[str, bool, Target]:
        """Where it stands in a wave: a StackSet before its instances."""
        return self.part.name, self.kind is Kind.INSTANCE, self.part.target


@dataclass(frozen=True)
class Plan:
    """Steps in waves: a wave begins when the one before it has ended.

    ``stage`` is a plan of its own that has to succeed first, with the baseline that it leads to.
    """

    waves: tuple[tuple[Step, ...], ...]
    warnings: tuple[str, ...] = ()
    stage: "tuple[Plan, Baseline] | None" = None

    @property
    def all_waves(self) -> tuple[tuple[Step, ...], ...]:
        """The waves, those of the stage before them."""
        return (*self.stage[0].waves, *self.waves) if self.stage else self.waves

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the waves."""
        return tuple(step for wave in self.all_waves for step in wave)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that do something."""
        return tuple(s for s in self.steps if s.action not in (Action.SKIP, Action.UNKNOWN))

    @property
    def empty(self) -> bool:
        """Whether everything was seen, and nothing is to be done."""
        return all(s.action is Action.SKIP for s in self.steps)


def in_waves(numbered: Iterable[tuple[int, Step]]) -> list[list[Step]]:
    """Steps in all the waves there are, each given with the number of its wave."""
    waves: list[list[Step]] = [[] for _ in range(WAVES)]
    for number, step in numbered:
        waves[number].append(step)
    return waves


def ordered(waves: Iterable[Iterable[Step]]) -> tuple[tuple[Step, ...], ...]:
    """The waves that hold something, each in the order in which it is shown and done."""
    sorted_waves = (sorted(wave, key=lambda step: step.place) for wave in waves)
    return tuple(tuple(wave) for wave in sorted_waves if wave)
