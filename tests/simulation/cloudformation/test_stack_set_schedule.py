"""How a StackSet operation goes through accounts and regions: order, concurrency, tolerance."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from baseline.simulation.cloudformation.operations import Actions, Preferences, carry_out
from baseline.simulation.service import Refusal

REGIONS = ["eu-west-1", "us-east-1"]
ACCOUNTS = [f"{number:012}" for number in range(1, 7)]


class Rehearsal:
    """Accounts that fail as told; knows in which order and how many at once were worked on."""

    def __init__(self, failing: set[tuple[str, str]] | None = None, stop_after: int = 99) -> None:
        self.failing = failing or set()
        self.stop_after = stop_after
        self.started: list[tuple[str, str]] = []
        self.cancelled: list[tuple[str, str]] = []
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(16)

    def go(self, **given: object) -> bool:
        actions = Actions(
            start=self._start,
            cancel=lambda account, region: self.cancelled.append((account, region)),
            stopping=lambda: len(self.started) >= self.stop_after,
        )
        accounts = dict.fromkeys(REGIONS, ACCOUNTS)
        with self._pool:
            return carry_out(accounts, Preferences.given(given), actions)

    def _start(self, account: str, region: str) -> "Future[bool]":
        self.started.append((account, region))
        return self._pool.submit(self._work, account, region)

    def _work(self, account: str, region: str) -> bool:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(0.01)
        with self._lock:
            self.running -= 1
        return (account, region) not in self.failing


def test_by_default_one_account_and_one_region_at_a_time() -> None:
    rehearsal = Rehearsal()
    assert rehearsal.go()
    assert rehearsal.most == 1
    assert rehearsal.started == [(account, region) for region in REGIONS for account in ACCOUNTS]


def test_without_tolerance_a_hundred_percent_is_still_one_at_a_time() -> None:
    rehearsal = Rehearsal()
    rehearsal.go(MaxConcurrentPercentage=100)
    assert rehearsal.most == 1


def test_strict_tolerance_limits_the_concurrency_to_one_more() -> None:
    rehearsal = Rehearsal()
    rehearsal.go(MaxConcurrentCount=6, FailureToleranceCount=2)
    assert rehearsal.most == 3


def test_soft_tolerance_leaves_the_concurrency_alone() -> None:
    rehearsal = Rehearsal()
    rehearsal.go(MaxConcurrentCount=6, ConcurrencyMode="SOFT_FAILURE_TOLERANCE")
    assert rehearsal.most == 6


def test_parallel_regions_each_have_their_own_concurrency() -> None:
    rehearsal = Rehearsal()
    rehearsal.go(RegionConcurrencyType="PARALLEL")
    assert rehearsal.most == 2


def test_regions_go_in_the_preferred_order() -> None:
    rehearsal = Rehearsal()
    rehearsal.go(RegionOrder=["us-east-1", "eu-west-1"])
    assert rehearsal.started[0] == (ACCOUNTS[0], "us-east-1")
    assert rehearsal.started[-1] == (ACCOUNTS[-1], "eu-west-1")


def test_a_failure_within_the_tolerance_stops_nothing() -> None:
    rehearsal = Rehearsal({(ACCOUNTS[0], "eu-west-1"), (ACCOUNTS[1], "us-east-1")})
    assert rehearsal.go(FailureToleranceCount=1)
    assert len(rehearsal.started) == 12
    assert rehearsal.cancelled == []


def test_a_failure_over_the_tolerance_cancels_the_rest_and_the_later_regions() -> None:
    rehearsal = Rehearsal({(ACCOUNTS[1], "eu-west-1")})
    assert not rehearsal.go()
    assert rehearsal.started == [(ACCOUNTS[0], "eu-west-1"), (ACCOUNTS[1], "eu-west-1")]
    assert len(rehearsal.cancelled) == 10
    assert (ACCOUNTS[0], "us-east-1") in rehearsal.cancelled


def test_the_tolerance_counts_for_each_region_by_itself() -> None:
    failing = {(ACCOUNTS[0], "eu-west-1"), (ACCOUNTS[0], "us-east-1"), (ACCOUNTS[1], "us-east-1")}
    rehearsal = Rehearsal(failing)
    assert not rehearsal.go(FailureToleranceCount=1)
    assert [key for key in rehearsal.started if key[1] == "eu-west-1"] == [
        (account, "eu-west-1") for account in ACCOUNTS
    ]


def test_with_parallel_regions_the_other_region_goes_on() -> None:
    rehearsal = Rehearsal({(ACCOUNTS[0], "eu-west-1")})
    assert not rehearsal.go(RegionConcurrencyType="PARALLEL")
    assert {account for account, region in rehearsal.started if region == "us-east-1"} == set(
        ACCOUNTS
    )
    assert {region for _, region in rehearsal.cancelled} == {"eu-west-1"}


def test_stopping_lets_what_runs_end_and_cancels_the_rest() -> None:
    rehearsal = Rehearsal(stop_after=3)
    assert rehearsal.go()
    assert len(rehearsal.started) == 3
    assert len(rehearsal.cancelled) == 9


@pytest.mark.parametrize(
    ("given", "tolerated", "at_first", "after_a_failure"),
    [
        ({"FailureTolerancePercentage": 20, "MaxConcurrentPercentage": 100}, 2, 3, 2),
        ({"FailureTolerancePercentage": 9, "MaxConcurrentPercentage": 100}, 0, 1, 0),
        ({"MaxConcurrentPercentage": 1, "FailureToleranceCount": 5}, 5, 1, 1),
        ({"MaxConcurrentPercentage": 59, "FailureToleranceCount": 9}, 9, 5, 5),
    ],
)
def test_percentages_round_down_and_concurrency_to_one_at_least(
    given: dict[str, int], tolerated: int, at_first: int, after_a_failure: int
) -> None:
    preferences = Preferences.given(given)
    assert preferences.tolerated(10) == tolerated
    assert preferences.concurrency(10, 0) == at_first
    assert preferences.concurrency(10, 1) == after_a_failure


def test_a_count_and_a_percentage_together_are_refused() -> None:
    with pytest.raises(Refusal, match="FailureToleranceCount and FailureTolerancePercentage"):
        Preferences.given({"FailureToleranceCount": 1, "FailureTolerancePercentage": 1})
