"""Prowler, imported once, and forked for each account. Run in Prowler's own environment.

A plain ``prowler`` spends more than half of its time on imports and on compliance frameworks that
are the same in every account. This program does that once, says so, and then makes one child for
each request: a child becomes what a fresh ``prowler`` with these arguments and this environment
would be, before any of its AWS clients is made. It relies on functions that Prowler does not
promise to keep; whatever goes wrong before Prowler begins ends with ``NOT_BEGUN``, and the caller
starts the plain program instead.

``warm_prowler.py FD`` talks over the socket FD. Each request is one message: JSON with arguments,
environment and directory, and two file descriptors: where output goes, and a socket on which the
child says its process id, and at its end its exit code and peak memory in kilobytes are told.
When the other side of FD is closed, all children are killed.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import io

NOT_BEGUN = 113
READY = b"ready"
_PROVIDER = "aws"
# One message: command line and environment.
_LONGEST = 1 << 18


def serve(control: socket.socket) -> None:
    """Answer requests until the other side is closed."""
    program = _warmed()
    running: dict[int, socket.socket] = {}
    wake, bell = os.pipe2(os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    control.send(READY)
    try:
        _answer(control, wake, running, program)
    finally:
        for pid in running:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _answer(
    control: socket.socket, wake: int, running: dict[int, socket.socket], program: Any
) -> None:
    while True:
        waiting: list[Any] = [control, wake]
        ready, _, _ = select.select(waiting, [], [])
        if wake in ready:
            os.read(wake, 4096)
            _bury(running)
        if control in ready:
            text, handles, _, _ = socket.recv_fds(control, _LONGEST, 2)
            if not text:
                return
            _begin(json.loads(text), handles, running, program)


def _begin(
    request: dict[str, Any],
    handles: list[int],
    running: dict[int, socket.socket],
    program: Any,
) -> None:
    pid = os.fork()
    if not pid:
        _become(request, handles, program)
    os.close(handles[0])
    running[pid] = socket.socket(fileno=handles[1])


def _bury(running: dict[int, socket.socket]) -> None:
    """Tell how each child ended."""
    while running:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as told:
            code = os.waitstatus_to_exitcode(status)
            told.send(json.dumps([code, usage.ru_maxrss]).encode())


def _warmed() -> Any:
    """Prowler, with what is the same in every account at hand."""
    program: Any = import_module("prowler.__main__")
    checks = program.CheckMetadata.get_bulk(_PROVIDER)
    frameworks = program.Compliance.get_bulk(_PROVIDER)
    checks = program.update_checks_metadata_with_compliance(frameworks, checks)
    universal = program.get_bulk_compliance_frameworks_universal(_PROVIDER)
    program.CheckMetadata.get_bulk = staticmethod(lambda _: checks)
    program.Compliance.get_bulk = staticmethod(lambda _: frameworks)
    program.update_checks_metadata_with_compliance = lambda _, known: known
    program.get_bulk_compliance_frameworks_universal = lambda _: universal
    if threading.active_count() > 1:
        raise RuntimeError("a second thread is there, which a fork would lose")
    _flush()  # what importing said is no child's to say again
    gc.collect()
    gc.freeze()
    return program


def _become(request: dict[str, Any], handles: list[int], program: Any) -> None:
    """Be Prowler with the arguments and the environment of ``request``; never returns."""
    code = NOT_BEGUN
    try:
        _settle(request, *handles)
        _renew_time()
        code = 1
        program.prowler()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # as Python itself ends
        traceback.print_exc()
    finally:
        _flush()
        os._exit(code)


def _settle(request: dict[str, Any], output: int, told: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.write(told, str(os.getpid()).encode())
    os.umask(0o077)
    os.chdir(request["directory"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    # A log is there to be read meanwhile.
    cast("io.TextIOWrapper", sys.stdout).reconfigure(line_buffering=True)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["prowler", *request["arguments"]]


def _renew_time() -> None:
    """Prowler dates its reports when it is imported."""
    config = import_module("prowler.config.config")
    before = {n: getattr(config, n) for n in ("output_file_timestamp", "timestamp_iso")}
    config.set_output_timestamp(datetime.today())  # noqa: DTZ002  # local time, as Prowler has it
    for module in [m for n, m in sys.modules.items() if n.startswith("prowler")]:
        for name, old in before.items():
            if getattr(module, name, None) == old:
                setattr(module, name, getattr(config, name))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
