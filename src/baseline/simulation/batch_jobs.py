"""Jobs of the simulated Batch: what is known of each, and the processes that carry them out.

An image cannot be run here. What stands for it is this very program: the command of a job is given
to ``baseline`` in a process of its own, that knows of AWS no more than a container would.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TERMINAL = ("SUCCEEDED", "FAILED")
# As many as this machine's cores bear; Fargate would take all.
AT_A_TIME = 2
_EXITED = "Essential container in task exited"
_OVERTIME = "Job attempt duration exceeded timeout"
_GLANCE = 0.05  # seconds between two looks at a process


@dataclass
class Job:
    """One job, or one child of an array. Times are milliseconds since 1970; None: not yet."""

    id: str
    name: str
    account_id: str
    region: str
    queue: str
    definition: dict[str, Any]
    command: tuple[str, ...]
    seconds: float | None
    index: int | None = None
    created: int = 0
    started: int | None = None
    stopped: int | None = None
    status: str = "SUBMITTED"
    reason: str = ""
    exit_code: int | None = None
    said: str = ""
    terminated: str = ""

    @property
    def container(self) -> dict[str, Any]:
        """The container's properties, of its definition."""
        properties: dict[str, Any] = self.definition["containerProperties"]
        return properties

    def end(self, status: str, reason: str, exit_code: int | None = None) -> None:
        """Come to an end, once."""
        if self.status not in TERMINAL:
            self.status, self.reason, self.exit_code = status, reason, exit_code
            self.stopped = now()


@dataclass
class Array:
    """An array job: its children say how far it is."""

    id: str
    name: str
    queue: str
    definition: dict[str, Any]
    created: int
    children: list[Job] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, int]:
        """How many children are in which state."""
        return dict(Counter(child.status for child in self.children))

    @property
    def status(self) -> str:
        """PENDING until all children have ended; FAILED when one of them has."""
        states = {child.status for child in self.children}
        if not states <= set(TERMINAL):
            return "PENDING"
        return "FAILED" if "FAILED" in states else "SUCCEEDED"


def now() -> int:
    """The time as Batch tells it."""
    return int(time.time() * 1000)


class Processes:
    """The processes of jobs, a few at a time."""

    def __init__(self) -> None:
        self._turn = threading.BoundedSemaphore(AT_A_TIME)
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, jobs: list[Job], environment: Any, ended: Any) -> None:
        """Carry ``jobs`` out, each when it is its turn.

        ``environment`` gives a job's own variables; ``ended`` is told of each that has ended.
        """
        thread = threading.Thread(target=self._all, args=(jobs, environment, ended), daemon=True)
        self._threads.append(thread)
        thread.start()

    def settle(self) -> None:
        """Wait until all jobs have ended."""
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """End all jobs."""
        self._closed.set()
        self.settle()

    def _all(self, jobs: list[Job], environment: Any, ended: Any) -> None:
        workers = []
        for job in jobs:
            job.status = "RUNNABLE"
        for job in jobs:
            self._turn.acquire()
            worker = threading.Thread(target=self._one, args=(job, environment, ended))
            workers.append(worker)
            worker.start()
        for worker in workers:
            worker.join()

    def _one(self, job: Job, environment: Any, ended: Any) -> None:
        try:
            if not (self._closed.is_set() or job.terminated):
                self._run(job, environment(job))
            job.end("FAILED", job.terminated or "Host terminated")
            ended(job)
        except Exception as error:  # noqa: BLE001  # whatever it is, the job has failed for it
            job.end("FAILED", f"Task failed to start: {error}")
        finally:
            self._turn.release()

    def _run(self, job: Job, variables: Mapping[str, str]) -> None:
        job.status, job.started = "RUNNING", now()
        with tempfile.TemporaryDirectory() as home, Path(home, "log").open("w+b") as log:
            child = subprocess.Popen(  # noqa: S603  # this program
                [sys.executable, "-m", "baseline", *job.command],
                cwd=home,
                env={**image(), **variables, "HOME": home},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            why = self._wait(child, job)
            log.seek(0)
            job.said = log.read().decode("utf-8", "replace")
        if why:
            job.end("FAILED", why, child.returncode)
        else:
            code = child.returncode if child.returncode >= 0 else 128 - child.returncode
            job.end("FAILED" if code else "SUCCEEDED", _EXITED, code)

    def _wait(self, child: subprocess.Popen[bytes], job: Job) -> str:
        """Wait for the end of ``child``; why it was ended, or nothing."""
        began = time.monotonic()
        while child.poll() is None:
            overtime = job.seconds is not None and time.monotonic() - began > job.seconds
            why = job.terminated or (self._closed.is_set() and "Host terminated")
            if overtime or why:
                _kill(child)
                return why or _OVERTIME
            time.sleep(_GLANCE)
        return ""


def image() -> dict[str, str]:
    """What stands for an image's variables: ours, without anything that says who we are."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "BASELINE_"))}
    tools = os.environ.get("BASELINE_TOOLS")
    return kept | ({"BASELINE_TOOLS": tools} if tools else {})


def _kill(child: subprocess.Popen[bytes]) -> None:
    """As Fargate ends a task: politely, then surely."""
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
