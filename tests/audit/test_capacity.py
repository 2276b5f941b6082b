"""How many accounts at a time."""

import threading

import pytest

from baseline.audit.capacity import Room, most

GIB = 1 << 30


@pytest.mark.parametrize(
    ("accounts", "regions", "cores", "memory", "expected"),
    [
        (20, 0, 4, 16 * GIB, 10),
        (20, 2, 4, 16 * GIB, 12),
        (3, 2, 4, 16 * GIB, 3),
        (20, 2, 2, 16 * GIB, 6),
        (20, 0, 2, 2 * GIB, 1),
        (20, 0, 8, None, 12),
    ],
)
def test_cores_memory_and_accounts_bound_it(
    accounts: int, regions: int, cores: int, memory: int | None, expected: int
) -> None:
    assert most(accounts, regions, cores, memory) == expected


class Waiting(threading.Event):
    """Waits in no time, and counts the seconds."""

    seconds = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds += timeout or 0
        return False


def test_a_tool_starts_only_when_what_runs_has_left_it_room() -> None:
    """What started a moment ago is counted in full: it has not yet taken its memory."""
    waiting = Waiting()
    room = Room(free=lambda: 4 * GIB, clock=lambda: waiting.seconds)
    with room.taken(2 * GIB, waiting):
        assert waiting.seconds == 0
        with room.taken(2 * GIB, waiting):
            assert waiting.seconds == 60


def test_memory_is_read_again_before_each_start_and_one_tool_may_always_run() -> None:
    waiting = Waiting()
    room = Room(free=lambda: GIB * round(waiting.seconds), clock=lambda: waiting.seconds + 1000)
    with room.taken(8 * GIB, waiting):
        assert waiting.seconds == 0
        with room.taken(1 * GIB, waiting):
            assert waiting.seconds == 10  # one held for each of the two, and the reserve


def test_waiting_for_memory_ends_with_the_run() -> None:
    stop = threading.Event()
    room = Room(free=lambda: 0)
    with room.taken(GIB, stop):
        stop.set()
        with room.taken(GIB, stop):
            assert stop.is_set()
