"""Work on many targets at once: one outcome each, and one failure never hides another."""

import threading
import traceback
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from baseline.errors import BaselineError

T = TypeVar("T")
V = TypeVar("V")

# Calls wait for the network, not for a core; AWS throttles per account and region.
DEFAULT_WORKERS = 16


@dataclass(frozen=True)
class Done(Generic[T, V]):
    """The work on ``target`` gave ``value``."""

    target: T
    value: V


@dataclass(frozen=True)
class Failed(Generic[T]):
    """The work on ``target`` ended with ``error``."""

    target: T
    error: BaselineError


Outcome: TypeAlias = Done[T, V] | Failed[T]


class UnexpectedError(BaselineError):
    """A bug of ours in one target's work, kept with its traceback so that the others go on."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"unexpected {type(error).__name__}: {error}",
            remedy="This is a bug; report what `baseline --debug ...` shows.",
        )
        self.traceback = "".join(traceback.format_exception(error))


def each(
    targets: Iterable[T],
    work: Callable[[T], V],
    *,
    workers: int = DEFAULT_WORKERS,
    stop: Callable[[], None] | None = None,
) -> Generator[Outcome[T, V], None, None]:
    """One outcome a target, in the order in which they end.

    When the consumer leaves early, or is interrupted, what has not started is cancelled and
    ``stop`` is called: it should wake up work that waits. What runs is waited for.
    """
    own: set[int] = set()
    pool = ThreadPoolExecutor(
        max_workers=workers,
        thread_name_prefix="each",
        initializer=lambda: own.add(threading.get_ident()),
    )
    left = True
    try:
        futures = [pool.submit(_outcome, target, work) for target in targets]
        for future in as_completed(futures):
            yield future.result()
        left = False
    finally:
        if left and stop:
            stop()
        # Given up with its error, this may be collected in one of its own threads, which cannot
        # wait for itself.
        pool.shutdown(wait=threading.get_ident() not in own, cancel_futures=True)


def all_done(
    outcomes: Generator[Outcome[T, V], None, None],
) -> Generator[Done[T, V], None, None]:
    """What was done, as it ends, where nothing may be missing; raises the first error.

    By then nothing runs any more, and nothing begins. Who may leave early closes it.
    """
    with closing(outcomes):
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                raise outcome.error
            yield outcome


class Pause:
    """Waiting, for work that ``each`` may have to wake up: ``end`` ends all waits, and new ones."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def __call__(self, seconds: float) -> None:
        """Wait; raises StoppedError when it is ended meanwhile."""
        if self._ended.wait(seconds):
            raise StoppedError

    def end(self) -> None:
        """Wake up everybody."""
        self._ended.set()


class StoppedError(BaselineError):
    """Work was given up because nobody waits for it any more."""

    def __init__(self) -> None:
        super().__init__("was interrupted", remedy="Run the same command again.")


def _outcome(target: T, work: Callable[[T], V]) -> Outcome[T, V]:
    try:
        return Done(target, work(target))
    except BaselineError as error:
        return Failed(target, error)
    except Exception as error:  # noqa: BLE001  # the boundary: a bug in one target stays there
        return Failed(target, UnexpectedError(error))
