"""Every account its slot: first one tool, then the other, since they share its API limits."""

import queue
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from baseline.audit import capacity, job, manifest, planning
from baseline.audit.environments import Environment
from baseline.audit.forecast import Forecast
from baseline.audit.job import Progress, Wish
from baseline.audit.lapses import passing, unrenewed
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Passing, Status
from baseline.audit.obstacles import TRANSIENT
from baseline.audit.scan import Reach
from baseline.errors import BaselineError
from baseline.parallel import Failed, each
from baseline.sessions import Broker, Grant, Session

Told = queue.SimpleQueue[Progress | None]


@dataclass(frozen=True)
class Plan:
    """Which tools, in how many accounts at a time; ``open_account`` gives an account's session.

    What fails in passing is tried ``tries`` times in all, each ``pause`` seconds after the last.
    """

    wish: Wish
    environments: tuple[Environment, ...]
    open_account: Callable[[str], Session]
    workers: int = 1
    tries: int = 2
    pause: float = 60.0


def run(plan: Plan, ledger: Ledger) -> Generator[Progress, None, None]:
    """Audit what the ledger's run has not settled, and tell each change as it happens.

    A failure stays in its account and tool. When the consumer stops, or is interrupted, the tools
    are ended first; their entries say so, and a resumed run takes them up again.
    """
    told: Told = queue.SimpleQueue()
    slots = _Slots(plan, ledger, told)
    work = threading.Thread(target=slots.work, name="audit", daemon=True)
    work.start()
    try:
        while (progress := told.get()) is not None:
            yield progress
    finally:
        slots.stop.set()
        work.join()


class _Slots:
    """The work on all accounts."""

    def __init__(self, plan: Plan, ledger: Ledger, told: Told) -> None:
        self.stop = threading.Event()
        self._plan = plan
        self._ledger = ledger
        self._told = told
        self._room = capacity.Room()
        self._environments = {e.tool.name: e for e in plan.environments}
        self._before = manifest.history(ledger.reports)
        self._usable = {entry.key: entry for entry in ledger.run.entries if entry.usable}

    def work(self) -> None:
        """Give every account that is not settled its slot, and another where that may help."""
        try:
            with Broker() as broker:
                self._round(broker, [e for e in self._ledger.run.entries if not e.settled])
                for _ in range(1, self._plan.tries):
                    again = [e for e in self._open(Passing.TRANSIENT) if not self._lasting(e)]
                    if again and not self._paused(again):
                        self._round(broker, again)
                self._round(broker, self._open(Passing.MEMORY), alone=True)
        finally:
            self._told.put(None)

    def _open(self, passing: Passing) -> list[Entry]:
        return [e for e in self._ledger.run.entries if e.passing is passing]

    def _lasting(self, entry: Entry) -> bool:
        """Whether what a partial result misses was missed for the same reasons the last time.

        It does not pass, then, and a second look in every run would be for nothing.
        """
        before = self._before.get(entry.key)
        return (
            before is not None
            and entry.status is Status.PARTIAL
            and TRANSIENT & entry.errors.keys() <= TRANSIENT & before.errors.keys()
        )

    def _paused(self, entries: Sequence[Entry]) -> bool:
        """Wait before ``entries`` are tried again; whether it was given up meanwhile."""
        for entry in entries:
            reason = f"tried again in {self._plan.pause:.0f} s: {entry.reason}"
            self._told.put(Progress(replace(entry, status=Status.WAITING, reason=reason), Reach()))
        return self.stop.wait(self._plan.pause)

    def _round(self, broker: Broker, entries: Sequence[Entry], *, alone: bool = False) -> None:
        """One slot for each account in ``entries``, the biggest first."""
        forecast = Forecast(self._before)
        sizes: Counter[str] = Counter()
        slots: dict[str, list[Entry]] = {}
        for entry in entries:
            sizes[entry.account_id] += round(forecast.of(entry))
            slots.setdefault(entry.account_id, []).append(entry)
        for outcome in each(
            sorted(slots.values(), key=lambda slot: -sizes[slot[0].account_id]),
            lambda slot: self._account(broker, slot),
            workers=1 if alone else self._plan.workers,
        ):
            if isinstance(outcome, Failed):
                self._give_up(outcome.target, outcome.error, Status.FAILED)

    def _account(self, broker: Broker, entries: Sequence[Entry]) -> None:
        """Audit one account with each tool in turn."""
        if self.stop.is_set():
            return
        try:
            session = self._plan.open_account(entries[0].account_id)
            wish = self._wish(session)
        except BaselineError as error:
            self._give_up(entries, error, Status.NOT_LOOKED)
            return
        grant = broker.lend(session)
        try:
            for entry in entries:
                self._tool(wish, entry, grant)
        finally:
            broker.take_back(grant)

    def _wish(self, session: Session) -> Wish:
        """What of the wish can be asked for in the account of ``session``."""
        wish = self._plan.wish
        regions, unseen = planning.there(wish.regions, session)
        return replace(wish, regions=regions, unseen=unseen)

    def _tool(self, wish: Wish, entry: Entry, grant: Grant) -> None:
        with self._room.taken(self._size(entry), self.stop):
            if self.stop.is_set():
                return
            grant.failure = None
            try:
                job.run(
                    wish,
                    entry.anew(),
                    self._environments[entry.tool],
                    grant.environment,
                    stop=self.stop,
                    tell=lambda progress: self._tell(
                        replace(progress, entry=unrenewed(progress.entry, grant.failure))
                    ),
                )
            except BaselineError as error:
                self._give_up([entry], error, Status.FAILED)

    def _size(self, entry: Entry) -> int:
        """The bytes that a scan will take: those of the last time, or of any."""
        before = self._before.get(entry.key)
        known = before.peak_memory_mb << 20 if before else 0
        return known or capacity.need(len(self._plan.wish.regions))

    def _give_up(self, entries: Sequence[Entry], error: BaselineError, status: Status) -> None:
        reason = f"{error.where}: {error.what}" if error.where else error.what
        for entry in entries:
            known = self._ledger.entry(entry.key)
            if known.tries > entry.tries and known.status is not Status.RUNNING:
                continue  # this one had ended before
            given_up = replace(
                known.anew(),
                status=status,
                reason=reason,
                remedy=error.remedy,
                again=True,
                passing=passing(error),
                tries=entry.tries + 1,
            )
            self._tell(Progress(given_up, Reach()))

    def _tell(self, progress: Progress) -> None:
        """Write what a reader of the manifest needs; how far a tool has come is for eyes alone.

        Results that are there stay written until there are others: this program may be killed.
        """
        progress = replace(progress, entry=self._best(progress.entry))
        entry = progress.entry
        begun = progress.reach == Reach() and entry.key not in self._usable
        if begun or entry.status is not Status.RUNNING:
            self._ledger.put(entry)
        self._told.put(progress)

    def _best(self, entry: Entry) -> Entry:
        """``entry``, or what an earlier try brought when this one ended with nothing, or less."""
        known = self._usable.get(entry.key)
        if known and _less(entry, known):
            return known.kept(entry)
        if entry.usable:
            self._usable[entry.key] = entry
        return entry


def _less(entry: Entry, known: Entry) -> bool:
    """Whether a scan that ended saw less than an earlier one."""
    if entry.status in (Status.FAILED, Status.NOT_LOOKED):
        return True
    return entry.status is Status.PARTIAL and sum(entry.errors.values()) > sum(
        known.errors.values()
    )
