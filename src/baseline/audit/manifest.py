"""What an audit run did: ``reports/runs/<stamp>.json``, and its journal as long as it goes on.

The journal has a line for each entry that changed since the manifest was written; ``ledger`` writes
both.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from baseline.errors import ToolError, UsageError

RUNS = "runs"
JOURNAL = ".journal"
# Between what a kept result misses, and why another try brought nothing.
_TRIED = "; another try: "


class Status(StrEnum):
    """How far one tool came in one account."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_LOOKED = "not looked"


class Passing(StrEnum):
    """Whether what went wrong may be over soon, and how a next try may do better."""

    NOT = ""
    TRANSIENT = "transient"
    MEMORY = "memory"


@dataclass(frozen=True)
class Entry:
    """One tool in one account. Paths are relative to the reports directory.

    ``counts`` are answers by status, ``severities`` those with status FAIL by severity, ``idle``
    those with status PASS that had nothing to look at; ``errors`` is how often something was not
    seen, by kind. ``again`` says that another try may bring more, ``passing`` that it may do so
    soon. ``tries`` counts them.
    """

    account_id: str
    account_name: str
    tool: str
    version: str
    status: Status = Status.WAITING
    reason: str = ""
    remedy: str = ""
    again: bool = False
    passing: Passing = Passing.NOT
    tries: int = 0
    command: tuple[str, ...] = ()
    returncode: int | None = None
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    peak_memory_mb: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    idle: int = 0
    severities: dict[str, int] = field(default_factory=dict)
    directory: str = ""
    log: str = ""
    log_page: str = ""
    page: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others of a run."""
        return self.account_id, self.tool

    @property
    def settled(self) -> bool:
        """Whether a resumed run leaves it as it is."""
        return self.usable and not self.again

    @property
    def usable(self) -> bool:
        """Whether there are results of it."""
        return self.status in (Status.COMPLETE, Status.PARTIAL)

    def kept(self, later: "Entry") -> "Entry":
        """This one, which brought more than the ``later`` try did, with what that one met."""
        return replace(
            self,
            reason=f"{self.reason.split(_TRIED)[0]}{_TRIED}{later.reason}",
            remedy=later.remedy,
            passing=later.passing,
            tries=later.tries,
        )

    def anew(self) -> "Entry":
        """The same scan with nothing done in this try."""
        return Entry(self.account_id, self.account_name, self.tool, self.version, tries=self.tries)


@dataclass(frozen=True)
class LeftOut:
    """An account that the run did not mean to look at, and why."""

    account_id: str
    account_name: str
    reason: str


@dataclass(frozen=True)
class Manner:
    """How a run was asked to go, which a resumed one keeps.

    ``workers`` 0: as many accounts at a time as the machine bears. ``mfa`` and ``hours`` are those
    of the sign-in. ``minutes`` are those of a tool in an account, 0: as configured. ``options`` are
    passed on to the tools, by tool; ``warm`` says to fork a tool where that can be. ``on`` says
    where it runs; empty: where its jobs are, or here.
    """

    workers: int = 1
    mfa: bool = False
    hours: float = 0
    minutes: float = 0
    fail_on: str = ""
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    warm: bool = False
    on: str = ""


@dataclass(frozen=True)
class Job:
    """A job on AWS Batch that carries a run out, or part of it.

    ``id`` is empty as long as nobody here knows whether it was submitted; its name tells.
    ``accounts`` are in the order of its children; ``collected`` says that nothing of it is missing
    here any more.
    """

    id: str
    number: int
    accounts: tuple[str, ...]
    collected: bool = False


@dataclass(frozen=True)
class Run:
    """An audit run. Times are UTC, ISO 8601; empty regions or services mean all of them.

    ``version`` is ours.
    """

    stamp: str
    started: str
    role: str
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ended: str = ""
    left_out: tuple[LeftOut, ...] = ()
    entries: tuple[Entry, ...] = ()
    manner: Manner = Manner()
    jobs: tuple[Job, ...] = ()
    version: str = ""
    schema: int = 1

    @property
    def account_ids(self) -> frozenset[str]:
        """The accounts that it looks at."""
        return frozenset(entry.account_id for entry in self.entries)


def now() -> str:
    """The time, to the second, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp() -> str:
    """The time as part of a file name."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def runs(reports: Path) -> list[Run]:
    """All runs in ``reports``, the oldest first; raises ToolError for one that is not whole."""
    return [_read(file) for file in _files(reports)]


def latest(reports: Path, wanted: str | None = None) -> Run:
    """The run with the stamp ``wanted``, or the latest; raises UsageError when it is not there."""
    files = [f for f in _files(reports) if wanted in (None, f.stem)]
    if not files:
        raise UsageError(
            f"no audit run {wanted} is there" if wanted else "no audit run is there yet",
            where=str(reports),
            remedy="See: baseline audit list" if wanted else "Begin with: baseline audit run",
        )
    return _read(files[-1])


def history(reports: Path, newest: int = 5) -> dict[tuple[str, str], Entry]:
    """The latest usable entry of each account and tool in the ``newest`` runs.

    It tells how long scans take, no more: a manifest that cannot be read tells nothing.
    """
    known: dict[tuple[str, str], Entry] = {}
    for run in readable(reports, newest):
        known |= {entry.key: entry for entry in run.entries if entry.usable}
    return known


def readable(reports: Path, newest: int, refuse: Callable[[ToolError], object] = bool) -> list[Run]:
    """The ``newest`` runs, the oldest first; ``refuse`` is told of a manifest that is not whole."""
    found = []
    for file in _files(reports)[-newest:]:
        try:
            found.append(_read(file))
        except ToolError as error:
            refuse(error)
    return found


def _files(reports: Path) -> list[Path]:
    """The manifests, the oldest first; raises ToolError when the folder may not be read."""
    try:
        found = [f for f in (reports / RUNS).iterdir() if f.suffix == ".json"]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ToolError(
            f"cannot be read: {error.strerror}",
            where=str(reports / RUNS),
            remedy="See whose it is, or give another directory with --reports.",
        ) from error
    return sorted(found, key=lambda f: f.stem)


def _read(file: Path) -> Run:
    with _reading(file, "a manifest"):
        run = msgspec.json.decode(file.read_bytes(), type=Run)
    journal = file.with_suffix(JOURNAL)
    with _reading(journal, "a journal"):
        changed = {entry.key: entry for entry in _journaled(journal)}
    return replace(run, entries=tuple(changed.get(e.key, e) for e in run.entries))


@contextmanager
def _reading(file: Path, kind: str) -> Iterator[None]:
    """Raise ToolError, which names ``file``, when it is not what it should be."""
    try:
        yield
    except (OSError, msgspec.DecodeError) as error:
        raise ToolError(
            f"not {kind} of an audit run: {error}",
            where=str(file),
            remedy="Move the file away; its reports stay.",
        ) from error


def _journaled(journal: Path) -> Iterator[Entry]:
    """The entries of ``journal``, if there is one; a last line that was cut is none."""
    if journal.is_file():
        with journal.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield msgspec.json.decode(line, type=Entry)
