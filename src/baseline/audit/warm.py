"""Warm workers: one Prowler, imported once, from which each account's own is forked.

They are an option, since they lean on Prowler's inside. Where they cannot be had, or one does not
begin, the plain program is started in its place, and that is said.
"""

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from baseline.audit import process, warm_prowler
from baseline.audit.environments import Environment
from baseline.audit.process import Child
from baseline.sessions import surroundings

# How long Prowler may take to be imported on a busy machine, and to be forked; in seconds.
_PATIENCE = 180.0
_PROMPT = 30.0
_LONGEST = 256


class Workers:
    """The children of one warm Prowler; use it as a context manager, and ``start`` in any thread.

    ``say`` is told, once, when plain programs take their place.
    """

    def __init__(self, environment: Environment, say: Callable[[str], None]) -> None:
        self._environment = environment
        self._say = say
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._ready = False

    def __enter__(self) -> Self:
        """Begin to import, and do not wait for it."""
        try:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._control.settimeout(_PATIENCE)
            with theirs:
                self._server = self._serve(theirs.fileno())
        except OSError as error:
            self._give_up(str(error))
        return self

    def _serve(self, handle: int) -> subprocess.Popen[bytes]:
        python = self._environment.command[0]
        return subprocess.Popen(  # noqa: S603  # the command is ours
            # Isolated: a script's directory comes first otherwise, and ours has a prowler.py.
            [python, "-I", "-W", "ignore", self._environment.tool.warm, str(handle)],
            env={**process.SPARING, **surroundings.plain(os.environ)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[handle],
        )

    def __exit__(self, *_: object) -> None:
        """End the server, which ends what is left of its children."""
        if self._control:
            self._control.close()
        if self._server:
            if not self._ready:
                self._server.kill()  # it has no children yet
            try:
                self._server.wait(_PROMPT)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()

    def start(
        self,
        command: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        output: BinaryIO,
    ) -> Child:
        """A child that does as ``command``, the plain program with its arguments, would."""

        def plain() -> Child:
            return process.start(command, directory, environment, output)

        own = len(self._environment.command)
        request = {
            "arguments": list(command[own:]),
            "directory": str(directory),
            "environment": dict(environment),
        }
        told = self._ask(request, output)
        return _Warm(told, plain, self._say) if told else plain()

    def _ask(self, request: Mapping[str, object], output: BinaryIO) -> socket.socket | None:
        """The socket on which a child is told of; None when there are no warm workers."""
        with self._lock:
            if not self._control:
                return None
            try:
                self._wait_until_ready(self._control)
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with theirs:
                    handles = [output.fileno(), theirs.fileno()]
                    socket.send_fds(self._control, [json.dumps(request).encode()], handles)
            except OSError as error:
                self._give_up(str(error))
                return None
        return ours

    def _wait_until_ready(self, control: socket.socket) -> None:
        if not self._ready and control.recv(len(warm_prowler.READY)) != warm_prowler.READY:
            raise OSError("it ended while it was imported")
        self._ready = True

    def _give_up(self, why: str) -> None:
        if self._control:
            self._control.close()
        self._control = None
        self._say(f"{self._environment.tool.title}: no warm workers ({why}); starting it plainly.")


class _Warm(Child):
    """A child of the warm Prowler, or the plain program when that child did not begin."""

    def __init__(
        self, told: socket.socket, plain: Callable[[], Child], say: Callable[[str], None]
    ) -> None:
        self._told = told
        self._plain = plain
        self._say = say
        self._instead: Child | None = None
        self._ended: tuple[int, int] | None = None
        self._pid = self._introduced()
        told.setblocking(False)  # noqa: FBT003  # so it is in the standard library
        if not self._pid:
            self._replace("it was not made")

    def _introduced(self) -> int:
        """The process, as it names itself once it leads its group; 0 when it does not."""
        self._told.settimeout(_PROMPT)
        try:
            said = json.loads(self._told.recv(_LONGEST) or b"0")
        except OSError:
            return 0
        return said if isinstance(said, int) else 0

    @property
    def pid(self) -> int:
        """The process, which leads its group."""
        return self._instead.pid if self._instead else self._pid

    def reap(self) -> tuple[int, int] | None:
        """Its exit code and peak memory, once it has ended."""
        if self._instead:
            return self._instead.reap()
        if self._ended:
            return self._ended
        try:
            answer = self._told.recv(_LONGEST)
        except BlockingIOError:
            return None
        # The server may be gone, and cannot tell; results of a half do not go on plainly.
        code, kilobytes = json.loads(answer) if answer else (-signal.SIGKILL, 0)
        if code == warm_prowler.NOT_BEGUN:
            self._replace("it did not begin")
            return None
        self._ended = (code, kilobytes * 1024)
        return self._ended

    def _replace(self, why: str) -> None:
        self._say(f"A warm worker is no use ({why}); starting the plain program.")
        self._instead = self._plain()
