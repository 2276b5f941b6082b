"""How a StackSet operation goes through accounts and regions: order, concurrency, tolerance.

Source: AWS CloudFormation API Reference, "StackSetOperationPreferences".
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

from baseline.simulation.service import Refusal

_PERCENT = 100


@dataclass(frozen=True)
class Preferences:
    """What the caller prefers; counts and percentages are per region."""

    tolerance: int = 0
    tolerance_percentage: int | None = None
    concurrent: int = 1
    concurrent_percentage: int | None = None
    soft: bool = False
    parallel: bool = False
    region_order: tuple[str, ...] = ()

    @classmethod
    def given(cls, given: Mapping[str, Any]) -> "Preferences":
        """The preferences of an API call; refuses a count and a percentage for the same thing."""
        for name in ("FailureTolerance", "MaxConcurrent"):
            if f"{name}Count" in given and f"{name}Percentage" in given:
                raise Refusal(
                    "ValidationError",
                    f"Only one of {name}Count and {name}Percentage can be specified",
                )
        return cls(
            tolerance=given.get("FailureToleranceCount", 0),
            tolerance_percentage=given.get("FailureTolerancePercentage"),
            concurrent=given.get("MaxConcurrentCount", 1),
            concurrent_percentage=given.get("MaxConcurrentPercentage"),
            soft=given.get("ConcurrencyMode") == "SOFT_FAILURE_TOLERANCE",
            parallel=given.get("RegionConcurrencyType") == "PARALLEL",
            region_order=tuple(given.get("RegionOrder") or ()),
        )

    def tolerated(self, accounts: int) -> int:
        """In how many of so many accounts the operation may fail in one region."""
        if self.tolerance_percentage is None:
            return self.tolerance
        return accounts * self.tolerance_percentage // _PERCENT

    def concurrency(self, accounts: int, failures: int) -> int:
        """How many accounts of a region may be worked on at once, after so many failures there.

        With strict tolerance so few that the failures cannot exceed the tolerance by more than one.
        """
        most = self.concurrent
        if self.concurrent_percentage is not None:
            most = max(1, accounts * self.concurrent_percentage // _PERCENT)
        return most if self.soft else min(most, self.tolerated(accounts) + 1 - failures)

    def order(self, regions: Sequence[str]) -> list[str]:
        """The regions in the preferred order; those not named come last, as they were given."""
        known = {region: place for place, region in enumerate(self.region_order)}
        return sorted(regions, key=lambda region: known.get(region, len(known)))


class Region:
    """One region's part of an operation: who waits, how many run, how many have failed."""

    def __init__(self, name: str, accounts: Sequence[str], preferences: Preferences) -> None:
        self.name = name
        self._size = len(accounts)
        self._waiting = deque(accounts)
        self._running = 0
        self._failures = 0
        self._preferences = preferences

    @property
    def failed(self) -> bool:
        """Whether more accounts have failed than is tolerated."""
        return self._failures > self._preferences.tolerated(self._size)

    def next(self) -> str | None:
        """The account to start now, if one may be started."""
        allowed = self._preferences.concurrency(self._size, self._failures)
        if self.failed or not self._waiting or self._running >= allowed:
            return None
        self._running += 1
        return self._waiting.popleft()

    def ended(self, *, success: bool) -> None:
        """One account is done."""
        self._running -= 1
        self._failures += not success

    def give_up(self) -> list[str]:
        """The accounts that were not started, and will not be."""
        left = list(self._waiting)
        self._waiting.clear()
        return left


@dataclass(frozen=True)
class Actions:
    """What to do with a target, as the schedule comes to it."""

    start: Callable[[str, str], "Future[bool]"]
    cancel: Callable[[str, str], None]
    stopping: Callable[[], bool]


def carry_out(
    accounts: Mapping[str, Sequence[str]], preferences: Preferences, actions: Actions
) -> bool:
    """Go through the accounts of every region; False when a region failed.

    What is not started, because a region failed or the operation is being stopped, is cancelled.
    """
    names = preferences.order(list(accounts))
    regions = [Region(name, accounts[name], preferences) for name in names]
    for wave in [regions] if preferences.parallel else [[region] for region in regions]:
        if not any(region.failed for region in regions):
            _work(wave, actions)
        _give_up(wave, actions)
    return not any(region.failed for region in regions)


def _work(regions: Sequence[Region], actions: Actions) -> None:
    running: dict[Future[bool], Region] = {}
    while True:
        if not actions.stopping():
            running.update(_started(regions, actions))
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            running.pop(future).ended(success=future.result())


def _started(regions: Sequence[Region], actions: Actions) -> dict["Future[bool]", Region]:
    started = {}
    for region in regions:
        while (account := region.next()) is not None:
            started[actions.start(account, region.name)] = region
    return started


def _give_up(regions: Sequence[Region], actions: Actions) -> None:
    for region in regions:
        for account in region.give_up():
            actions.cancel(account, region.name)
