"""Prowler, imported once, and forked for each account. Run in Prowler's own environment.

A plain ``prowler`` spends most of its time on imports, compliance frameworks and models of APIs
that are the same in every account. This program does that once, says so, and then makes one child
for each request: a child becomes what a fresh ``prowler`` with these arguments and this environment
would be, before any of its AWS clients is made. It relies on functions that Prowler does not
promise to keep; whatever goes wrong before Prowler begins ends with ``NOT_BEGUN``, and the caller
starts the plain program instead.

A check imports the client of its service, and that client looks at the account when it is
imported. So checks are imported here with something in the clients' place, of which nothing can be
asked, and get the real client where Prowler would import it: right before the check is carried out.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import io

NOT_BEGUN = 113
READY = b"ready"
_PROVIDER = "aws"
_SERVICES = "prowler.providers.aws.services"
_CLIENT = "_client"
# Dots in the name of a module in a service.
_DEPTH = _SERVICES.count(".") + 2
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
    program.ProwlerArgumentParser()  # which imports the program of every cloud
    _import_checks()
    _load_models()
    if threading.active_count() > 1:
        raise RuntimeError("a second thread is there, which a fork would lose")
    _flush()  # what importing said is no child's to say again
    gc.collect()
    gc.freeze()
    return program


class _Later:
    """Stands for a client until an account is there to be looked at."""

    def __init__(self, module: str) -> None:
        self.module = module


class _Clients(MetaPathFinder, Loader):
    """Finds a stand-in for every module that makes a client, and can take all of them back."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        is_client = name.startswith(_SERVICES) and name.endswith(_CLIENT)
        return ModuleSpec(name, self) if is_client and name.count(".") == _DEPTH else None

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, module.__name__.rpartition(".")[2], _Later(module.__name__))
        self._made.append(module.__name__)

    def __enter__(self) -> None:
        sys.meta_path.insert(0, self)

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        for name in self._made:
            del sys.modules[name]


def _import_checks() -> None:
    """Import the services and the checks, but no client; one that cannot be is left to a child."""
    with _Clients():
        for name in _modules():
            with suppress(Exception):
                import_module(name)
    checks: Any = import_module("prowler.lib.check.check")
    waiting = _waiting()
    if not all(_is_check(name) for name in waiting):
        raise RuntimeError("a client is used by something that is no check")
    checks.import_check = _with_clients(checks.import_check, waiting)


def _modules() -> Iterator[str]:
    """Every service, and every check."""
    (place,) = import_module(_SERVICES).__path__
    for file in sorted(Path(place).glob("*/*_service.py")):
        yield f"{_SERVICES}.{file.parent.name}.{file.stem}"
    for file in sorted(Path(place).glob("*/*/*.py")):
        if file.stem == file.parent.name:
            yield f"{_SERVICES}.{file.parent.parent.name}.{file.stem}.{file.stem}"


def _waiting() -> dict[str, dict[str, str]]:
    """Of each module that waits for clients: the names that they have there, and their modules."""
    found = {
        name: {n: v.module for n, v in vars(module).items() if isinstance(v, _Later)}
        for name, module in sys.modules.items()
        if name.startswith("prowler")
    }
    return {name: clients for name, clients in found.items() if clients}


def _is_check(name: str) -> bool:
    return name.startswith(_SERVICES) and len({*name.split(".")[-2:]}) == 1


def _with_clients(
    plain: Callable[[str], ModuleType], waiting: dict[str, dict[str, str]]
) -> Callable[[str], ModuleType]:
    """The function that imports a check, for checks that are here already."""

    def import_check(path: str) -> ModuleType:
        module, clients = plain(path), waiting.get(path, {})
        for name, client in clients.items():
            setattr(module, name, getattr(import_module(client), client.rpartition(".")[2]))
        waiting.pop(path, None)
        return module

    return import_check


def _load_models() -> None:
    """Read what botocore knows of the services, which every client is made from."""
    loaders: Any = import_module("botocore.loaders")
    read, files = loaders.JSONFileLoader().load_file, loaders.JSONFileLoader
    files.load_file = staticmethod(cache(read))
    loader = import_module("botocore.session").get_session().get_component("data_loader")
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for service in _boto_names() & {*loader.list_available_services("service-2")}:
        for kind in ("service-2", "endpoint-rule-set-1", "paginators-1"):
            with suppress(loaders.DataNotFoundError):
                loader.load_service_model(service, kind)


def _boto_names() -> set[str]:
    """What the services are called in botocore; those of another name are read by the children."""
    base = import_module("prowler.providers.aws.lib.service.service").AWSService
    classes = {c.__name__.lower() for c in base.__subclasses__()}
    return classes | {c.__module__.split(".")[-2] for c in base.__subclasses__()}


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
