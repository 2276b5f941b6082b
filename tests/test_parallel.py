"""Work on many targets: one outcome each, whatever happens."""

import threading
from contextlib import closing

import pytest

from baseline.errors import AwsError, DeniedError
from baseline.parallel import (
    Done,
    Failed,
    Pause,
    StoppedError,
    UnexpectedError,
    all_done,
    each,
)


def test_each_target_has_one_outcome() -> None:
    assert sorted(each(range(50), lambda n: n * n, workers=8), key=lambda o: o.target) == [
        Done(n, n * n) for n in range(50)
    ]


def test_one_failure_hides_no_other() -> None:
    """Errors of ours and bugs both stay with their target; the rest is done."""

    def work(target: str) -> str:
        if target == "denied":
            raise DeniedError("no", code="AccessDenied")
        if target == "broken":
            raise ZeroDivisionError("a bug")
        return target.upper()

    outcomes = {o.target: o for o in each(["a", "denied", "broken", "b"], work)}
    assert outcomes["a"] == Done("a", "A")
    assert outcomes["b"] == Done("b", "B")
    denied, broken = outcomes["denied"], outcomes["broken"]
    assert isinstance(denied, Failed)
    assert isinstance(denied.error, AwsError)
    assert isinstance(broken, Failed)
    assert isinstance(broken.error, UnexpectedError)
    assert "This is a bug" in str(broken.error)
    assert "ZeroDivisionError" in broken.error.traceback


def test_targets_are_worked_at_the_same_time() -> None:
    """All four wait for each other: one after another they would never meet."""
    barrier = threading.Barrier(4, timeout=10)
    outcomes = list(each(range(4), lambda _: barrier.wait(), workers=4))
    assert all(isinstance(outcome, Done) for outcome in outcomes)


def test_no_more_workers_than_asked_for() -> None:
    """Three at a time meet until all is done; more workers would have been seen among them."""
    barrier = threading.Barrier(3, timeout=10)
    workers: set[int] = set()

    def work(_: int) -> None:
        workers.add(threading.get_ident())
        barrier.wait()

    outcomes = list(each(range(300), work, workers=3))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert len(workers) == 3


def test_a_consumer_that_stops_early_cancels_the_rest() -> None:
    """Ctrl-C in the middle of 340 targets does not start the others."""
    started: list[int] = []

    def work(target: int) -> None:
        started.append(target)
        threading.Event().wait(0.2)

    def consume() -> None:
        for _ in each(range(200), work, workers=2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert len(started) < 20


def test_where_all_must_be_done_nothing_is_at_work_after_a_failure() -> None:
    """Whoever holds a lock meanwhile frees it then, and may keep the error."""

    def work(target: int) -> None:
        if target == 0:
            raise DeniedError("no")

    with pytest.raises(DeniedError) as kept:
        list(all_done(each(range(1000), work, workers=4)))
    assert kept.value.what == "no"
    assert [thread for thread in threading.enumerate() if thread.name.startswith("each")] == []


def test_nothing_to_do_is_done() -> None:
    assert list(each([], str)) == []


def test_who_leaves_early_is_not_kept_waiting_by_work_that_waits() -> None:
    pause = Pause()
    begun = threading.Event()
    ends: list[str] = []

    def work(target: str) -> str:
        if target == "short":
            begun.wait(10)
            return target
        begun.set()
        try:
            pause(600)
        except StoppedError:
            ends.append("woken")
            raise
        return target

    with closing(each(["short", "long"], work, stop=pause.end)) as outcomes:
        assert next(outcomes) == Done("short", "short")
    assert ends == ["woken"]


def test_what_was_given_up_may_be_collected_by_one_of_its_own_threads() -> None:
    """Nobody waits for oneself, which Python would refuse."""
    given_up, closed = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def work(number: int) -> None:
        if number == 1:
            return
        assert given_up.wait(10)
        try:
            outcomes.close()
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is told
            errors.append(error)
        closed.set()

    outcomes = each([1, 2], work, workers=1)
    next(outcomes)
    given_up.set()
    assert closed.wait(10)
    assert errors == []
