"""One tool in one account: a fresh directory, the child, the verdict."""

import itertools
import os
import shutil
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from baseline.audit import process, results
from baseline.audit.environments import Environment
from baseline.audit.log_page import LOG_PAGE, write_log_page
from baseline.audit.manifest import Entry, Passing, Status, now
from baseline.audit.obstacles import TRANSIENT, Obstacle
from baseline.audit.scan import LOG, Reach, Scan, read
from baseline.errors import ToolError

PARTIAL = ".partial"
# With less room on the disk, in bytes, a tool that failed most likely did so for want of it.
_TOO_LITTLE = 1 << 20


@dataclass(frozen=True)
class Progress:
    """One tool in one account, as it is now."""

    entry: Entry
    reach: Reach


@dataclass(frozen=True)
class Wish:
    """What is wanted of every tool. ``limit`` is in seconds; ``options`` are passed on, by tool.

    No regions or services means all of them; ``region`` is where a client starts. ``stamp`` is
    that of the run, which names every directory. ``starts`` are other ways to start a tool than
    plainly. ``pass_environment`` names variables of ours that a tool gets beside what all get.
    ``unseen`` is what of the wish cannot be asked of a tool in the account.
    """

    reports: Path
    stamp: str
    region: str
    limit: float
    regions: tuple[str, ...]
    services: tuple[str, ...]
    options: Mapping[str, tuple[str, ...]]
    starts: Mapping[str, process.Start] = field(default_factory=dict)
    pass_environment: tuple[str, ...] = ()
    unseen: tuple[Obstacle, ...] = ()


def run(
    wish: Wish,
    entry: Entry,
    environment: Environment,
    variables: Callable[[Mapping[str, str], str], dict[str, str]],
    *,
    stop: threading.Event,
    tell: Callable[[Progress], None],
) -> None:
    """Run one tool, telling how far it is; its last word is the settled entry.

    ``variables`` makes the child's environment of ours and a region. What fails when it is started
    in another way than plainly is run again plainly. Raises ToolError when nothing can be written
    or started.
    """
    start = wish.starts.get(entry.tool, process.start)
    scan = _Scanning(wish, environment, variables, stop, tell)
    last, cut = scan.run(entry, start)
    if last.entry.status is Status.FAILED and not cut and start is not process.start:
        reason = f"a warm worker failed; it is started plainly: {last.entry.reason}"
        tell(Progress(replace(last.entry, status=Status.WAITING, reason=reason), Reach()))
        last, _ = scan.run(entry, process.start)
    tell(last)


@dataclass(frozen=True)
class _Scanning:
    """How one tool is run in one account."""

    wish: Wish
    environment: Environment
    variables: Callable[[Mapping[str, str], str], dict[str, str]]
    stop: threading.Event
    tell: Callable[[Progress], None]

    def run(self, entry: Entry, start: process.Start) -> tuple[Progress, str]:
        """The settled entry, and why the tool was cut short if it was."""
        wish, environment, tool = self.wish, self.environment, self.environment.tool
        directory = _fresh(wish.reports.absolute() / entry.tool / entry.account_id, wish.stamp)
        options = wish.options.get(entry.tool, ())
        # A tool refuses, or silently ignores, the services that it does not know.
        services = tuple(s for s in wish.services if s in environment.services)
        scan = Scan(entry.account_id, directory, wish.regions, services, options, wish.unseen)
        command = (*environment.command, *tool.arguments(scan))
        running = replace(
            _placed(entry, wish.reports, directory),
            status=Status.RUNNING,
            tries=entry.tries + 1,
            command=command,
            started=now(),
        )
        meter = _Watch(running, environment, self.tell)
        ended = process.run(
            command,
            directory=directory,
            environment=self._surroundings(),
            log=directory / LOG,
            limit=wish.limit,
            stop=self.stop,
            watch=meter.watch,
            start=start,
        )
        settled = _settled(wish, running, environment, scan, ended)
        return Progress(settled, meter.reach), ended.cut

    def _surroundings(self) -> dict[str, str]:
        """What the tool sees of our environment; who it is, is not among what can be named."""
        names = self.wish.pass_environment
        named = {name: os.environ[name] for name in names if name in os.environ}
        return {**named, **self.variables(os.environ, self.wish.region)}


class _Watch:
    """Follows what a tool writes."""

    def __init__(
        self, entry: Entry, environment: Environment, tell: Callable[[Progress], None]
    ) -> None:
        self.reach = Reach()
        self._entry = entry
        self._meter = environment.tool.meter
        self._tell = tell
        tell(Progress(entry, self.reach))

    def watch(self, text: str) -> None:
        reach = read(self._meter, self.reach, text)
        if reach != self.reach:
            self.reach = reach
            self._tell(Progress(self._entry, reach))


def _settled(
    wish: Wish, running: Entry, environment: Environment, scan: Scan, ended: process.Ended
) -> Entry:
    """The entry after the verdict; a result that can be used gets its lasting name."""
    tool, directory = environment.tool, scan.directory
    verdict = results.judge(environment, scan, ended, directory / LOG)
    if verdict.status is Status.FAILED and _full(directory):
        verdict = replace(
            verdict, reason=f"the disk is full: {verdict.reason}", remedy="Make room, then resume."
        )
    with suppress(ToolError):  # the text is there, and so is the result
        write_log_page(directory / LOG, f"{tool} in {running.account_id}")
    if verdict.status is not Status.FAILED:
        directory = directory.rename(str(directory).removesuffix(PARTIAL))
    return replace(
        _placed(running, wish.reports, directory, tool.page),
        **vars(verdict),
        passing=_passing(verdict, ended),
        returncode=ended.returncode,
        ended=now(),
        seconds=round(ended.seconds, 1),
        peak_memory_mb=ended.peak_memory >> 20,
    )


def _placed(entry: Entry, reports: Path, directory: Path, page: str = "") -> Entry:
    """``entry`` with its paths, which are relative so that the reports can be moved."""
    where = directory.relative_to(reports.absolute())

    def there(name: str) -> str:
        return str(where / name) if name and (directory / name).is_file() else ""

    return replace(
        entry,
        directory=str(where),
        log=str(where / LOG),
        log_page=there(LOG_PAGE),
        page=there(page),
    )


def _passing(verdict: results.Verdict, ended: process.Ended) -> Passing:
    """Whether the same scan may do better soon: the system takes memory back by SIGKILL."""
    if ended.cut:
        return Passing.NOT
    if ended.returncode == -signal.SIGKILL:
        return Passing.MEMORY
    transient = verdict.again and TRANSIENT & verdict.errors.keys()
    return Passing.TRANSIENT if transient else Passing.NOT


def _full(directory: Path) -> bool:
    return shutil.disk_usage(directory).free < _TOO_LITTLE


def _fresh(parent: Path, stamp: str) -> Path:
    """A new directory which nobody has written to; ``.partial`` until the tool has ended well.

    It is called by the run's stamp; other tries of the same run have numbers.
    """
    name, numbers = stamp, itertools.count(2)
    try:
        for place in (parent.parent, parent):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        while (parent / name).exists() or (parent / f"{name}{PARTIAL}").exists():
            name = f"{stamp}-{next(numbers)}"
        directory = parent / f"{name}{PARTIAL}"
        directory.mkdir(mode=0o700)
    except OSError as error:
        raise ToolError(
            f"cannot be made: {error.strerror}",
            where=error.filename or str(parent),
            remedy="Make room or give another directory with --reports.",
        ) from error
    return directory
