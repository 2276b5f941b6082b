"""Every account its slot: first one tool, then the other, since they share its API limits."""

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from baseline.audit import capacity, job
from baseline.audit.environments import Environment
from baseline.audit.job import Progress, Wish
from baseline.audit.lapses import unrenewed
from baseline.audit.manifest import Entry, Ledger, Status
from baseline.audit.scan import Reach
from baseline.errors import BaselineError
from baseline.parallel import Failed, each
from baseline.sessions import Broker, Grant, Session

# Between what a kept result misses, and why another try brought nothing.
_TRIED = "; another try: "

Told = queue.SimpleQueue[Progress | None]


@dataclass(frozen=True)
class Plan:
    """Which tools, in how many accounts at a time; ``open_account`` gives an account's session."""

    wish: Wish
    environments: tuple[Environment, ...]
    open_account: Callable[[str], Session]
    workers: int = 1


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
        self._running: set[tuple[str, str]] = set()
        self._usable = {entry.key: entry for entry in ledger.run.entries if entry.usable}

    def work(self) -> None:
        """Give every account that is not settled its slot."""
        accounts: dict[str, list[Entry]] = {}
        for entry in self._ledger.run.entries:
            if not entry.settled:
                accounts.setdefault(entry.account_id, []).append(entry)
        try:
            with Broker() as broker:
                for outcome in each(
                    accounts.values(),
                    lambda entries: self._account(broker, entries),
                    workers=self._plan.workers,
                ):
                    if isinstance(outcome, Failed):
                        self._give_up(outcome.target, outcome.error, Status.FAILED)
        finally:
            self._told.put(None)

    def _account(self, broker: Broker, entries: Sequence[Entry]) -> None:
        """Audit one account with each tool in turn."""
        if self.stop.is_set():
            return
        try:
            session = self._plan.open_account(entries[0].account_id)
        except BaselineError as error:
            self._give_up(entries, error, Status.NOT_LOOKED)
            return
        grant = broker.lend(session)
        try:
            for entry in entries:
                self._tool(entry, grant)
        finally:
            broker.take_back(grant)

    def _tool(self, entry: Entry, grant: Grant) -> None:
        while self._running and capacity.scarce() and not self.stop.wait(1):
            continue
        if self.stop.is_set():
            return
        self._running.add(entry.key)
        grant.failure = None
        environment = next(e for e in self._plan.environments if e.tool.name == entry.tool)
        try:
            job.run(
                self._plan.wish,
                entry.anew(),
                environment,
                grant.environment,
                stop=self.stop,
                tell=lambda progress: self._tell(
                    replace(progress, entry=unrenewed(progress.entry, grant.failure))
                ),
            )
        except BaselineError as error:
            self._give_up([entry], error, Status.FAILED)
        finally:
            self._running.discard(entry.key)

    def _give_up(self, entries: Sequence[Entry], error: BaselineError, status: Status) -> None:
        reason = f"{error.where}: {error.what}" if error.where else error.what
        for entry in entries:
            known = next(e for e in self._ledger.run.entries if e.key == entry.key)
            if not known.settled:
                given_up = replace(
                    known.anew(), status=status, reason=reason, remedy=error.remedy, again=True
                )
                self._tell(Progress(given_up, Reach()))

    def _tell(self, progress: Progress) -> None:
        """Write what a reader of the manifest needs; how far a tool has come is for eyes alone."""
        progress = replace(progress, entry=self._best(progress.entry))
        if progress.reach == Reach() or progress.entry.status is not Status.RUNNING:
            self._ledger.put(progress.entry)
        self._told.put(progress)

    def _best(self, entry: Entry) -> Entry:
        """``entry``, or what an earlier try brought when this one ended with nothing."""
        if entry.usable:
            self._usable[entry.key] = entry
        known = self._usable.get(entry.key)
        if not known or entry.status not in (Status.FAILED, Status.NOT_LOOKED):
            return entry
        reason = f"{known.reason.split(_TRIED)[0]}{_TRIED}{entry.reason}"
        return replace(known, reason=reason, remedy=entry.remedy)
