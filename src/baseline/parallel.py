"""Work on many targets at once: one outcome each, and one failure never hides another."""

import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
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
    targets: Iterable[T], work: Callable[[T], V], *, workers: int = DEFAULT_WORKERS
) -> Iterator[Outcome[T, V]]:
    """One outcome a target, in the order in which they end.

    When the consumer stops early, or is interrupted, what has not started is cancelled.
    """
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="each")
    try:
        futures = [pool.submit(_outcome, target, work) for target in targets]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _outcome(target: T, work: Callable[[T], V]) -> Outcome[T, V]:
    try:
        return Done(target, work(target))
    except BaselineError as error:
        return Failed(target, error)
    except Exception as error:  # noqa: BLE001  # the boundary: a bug in one target stays there
        return Failed(target, UnexpectedError(error))
