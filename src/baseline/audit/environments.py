"""Private environments: each tool pinned with hashes, apart from us and from the other tool.

The tools' dependencies exclude each other and ours, so that they can only be programs.
"""

import hashlib
import importlib.resources
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from baseline.audit import process
from baseline.audit.tools import Tool
from baseline.errors import ToolError
from baseline.sessions import surroundings

Say = Callable[[str], None]

_A_DAY = 24 * 3600
# In an environment: of what its packages were pinned in.
_PINS = "requirements.sha256"


# The Python of a script: in its first line, or in the next where that would be too long.
_PYTHON = re.compile(r"[^\s'\"#!]*/python[\d.]*")
_ASK = """
import importlib.metadata, importlib.util, json, sys
found = importlib.util.find_spec(sys.argv[2])
packages = found.submodule_search_locations[0].rpartition("/")[0]
print(json.dumps([importlib.metadata.version(sys.argv[1]), packages]))
"""


@dataclass(frozen=True)
class Environment:
    """Where a tool is installed: what starts it, and where it and all that it needs are.

    Its script is given to Python, since the directory may have moved.
    """

    tool: Tool
    directory: Path
    python: Path
    script: Path
    packages: Path

    @property
    def command(self) -> list[str]:
        """What starts the tool."""
        return [str(self.python), str(self.script)]

    @property
    def services(self) -> frozenset[str]:
        """The services that the installed tool can look at; empty when that cannot be told."""
        return self.tool.services(self.packages)


def default_directory() -> Path:
    """Where tools are kept: with our own environment, or for this user where we have none.

    Source of the latter: XDG Base Directory Specification.
    """
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix) / "share/aws-baseline/tools"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(data) / "aws-baseline/tools"


def find(tool: Tool, tools: Path) -> Environment | None:
    """The environment of ``tool`` under ``tools``, if it is there."""
    found = _pinned(tool, tools)
    return found if found.python.exists() and found.script.exists() else None


def _pinned(tool: Tool, tools: Path) -> Environment:
    directory = (tools / f"{tool.name}-{tool.version}").absolute()
    packages = next(directory.glob("lib/python*/site-packages"), directory / "lib")
    binaries = directory / "bin"
    return Environment(tool, directory, binaries / "python", binaries / tool.program, packages)


def of_yours(tool: Tool, program: str) -> Environment:
    """The environment of the user's own ``program``, a path or a name on PATH.

    Its tool has the version that was found. Raises ToolError when it is not there, does not say
    its version, or is of a major version that has not been tried.
    """
    found = shutil.which(Path(program).expanduser() if "/" in program else program)
    if not found:
        raise ToolError(
            "there is no such program",
            where=f"audit.tools.{tool.name}.path: {program}",
            remedy=f"Correct it, or leave it out: {tool} is installed then.",
        )
    python, version, packages = _asked(tool, Path(found))
    if version.split(".")[0] != tool.version.split(".")[0]:
        raise ToolError(
            f"it is {tool.title} {version}; only {tool.version.split('.')[0]}.x has been tried, and"
            " its results might be misread",
            where=found,
            remedy=f"Leave audit.tools.{tool.name}.path out: {tool} is installed then.",
        )
    yours = replace(tool, version=version)
    return Environment(yours, Path(found).parent, python, Path(found), packages)


def _asked(tool: Tool, script: Path) -> tuple[Path, str, Path]:
    """The Python of ``script``, the version of its tool, and where its packages are."""
    try:
        with script.open(encoding="utf-8") as lines:
            named = _PYTHON.search("".join(itertools.islice(lines, 2)))
        python = named[0] if named else sys.executable
        ended = subprocess.run(  # noqa: S603  # the user's own program
            [python, "-I", "-c", _ASK, tool.distribution, tool.package],
            capture_output=True,
            check=True,
            env=surroundings.plain(os.environ),
        )
        version, packages = json.loads(ended.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise ToolError(
            f"it does not say which {tool.title} it starts",
            where=str(script),
            remedy="Give the script that pip, pipx or uv made in its environment.",
        ) from error
    return Path(python), str(version), Path(packages)


def upgrade(tool: Tool, tools: Path, say: Say, stop: threading.Event | None = None) -> Environment:
    """Have exactly the packages under ``tools`` that are pinned now, and no earlier version.

    A version that no longer is pinned is removed, once the pinned one works.
    """
    found = find(tool, tools)
    if found and _pins_of(found) != _pins(tool):
        shutil.rmtree(found.directory)
    environment = set_up(tool, tools, say, stop)
    for other in tools.glob(f"{tool.name}-*"):
        if other.absolute() != environment.directory:
            say(f"{tool}: removing {other.name}")
            shutil.rmtree(other)
    return environment


def _pins(tool: Tool) -> str:
    file = importlib.resources.files("baseline.audit") / "requirements" / f"{tool.name}.txt"
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _pins_of(environment: Environment) -> str:
    """What was pinned when ``environment`` was made."""
    file = environment.directory / _PINS
    return file.read_text(encoding="ascii") if file.is_file() else ""


def set_up(tool: Tool, tools: Path, say: Say, stop: threading.Event | None = None) -> Environment:
    """Install ``tool`` under ``tools``, whole or not at all; what works there already stays.

    Raises ToolError, which names the step and the end of what it said, also when ``stop`` is set.
    """
    found = find(tool, tools)
    if found:
        return found
    build = _build_directory(tool, tools)
    try:
        _install(_Steps(tool, build, stop or threading.Event()), say)
        return _publish(tool, build, tools)
    finally:
        shutil.rmtree(build, ignore_errors=True)


def _build_directory(tool: Tool, tools: Path) -> Path:
    try:
        tools.mkdir(parents=True, exist_ok=True)
        _sweep(tool, tools)
        return Path(tempfile.mkdtemp(prefix=f".{tool.name}-", dir=tools.absolute()))
    except OSError as error:
        raise ToolError(
            f"cannot be written: {error.strerror}",
            where=str(tools),
            remedy="Give a directory of yours with --tools-dir.",
        ) from error


def _sweep(tool: Tool, tools: Path) -> None:
    """Remove what a set-up that was killed left, but nothing of one that may still go on."""
    for left in tools.glob(f".{tool.name}-*"):
        if time.time() - left.stat().st_mtime > _A_DAY:
            shutil.rmtree(left, ignore_errors=True)


def _publish(tool: Tool, build: Path, tools: Path) -> Environment:
    environment = _pinned(tool, tools)
    if not find(tool, tools):
        # Its Python may be gone, after an upgrade of the system.
        shutil.rmtree(environment.directory, ignore_errors=True)
        build.rename(environment.directory)
    return _pinned(tool, tools)


def _install(steps: "_Steps", say: Say) -> None:
    tool, build = steps.tool, steps.build
    uv, python = _uv(), _python(tool)
    say(f"{tool}: making an environment ({'uv' if uv else 'venv and pip'}, {python}) …")
    requirements = importlib.resources.files("baseline.audit") / "requirements"
    with importlib.resources.as_file(requirements / f"{tool.name}.txt") as pinned:
        own = str(build / "bin/python")
        if uv:
            steps.fetch([uv, "venv", "--quiet", "--allow-existing", "-p", python, str(build)])
            install = [uv, "pip", "install", "--quiet", "-p", own]
        else:
            steps.take([python, "-m", "venv", str(build)])
            install = [own, "-m", "pip", "install", "--quiet", "--no-compile"]
        say(f"{tool}: installing {_count(pinned)} pinned packages …")
        steps.fetch([*install, "--no-deps", "--require-hashes", "-r", str(pinned)])
    say(f"{tool}: first start, which compiles what it needs …")
    steps.take([own, "-W", "ignore", "-c", f"import {tool.package}.__main__"])
    provider = [
        str(p) for p in build.glob(f"lib/python*/site-packages/{tool.package}/providers/aws")
    ]
    steps.take([own, "-W", "ignore", "-m", "compileall", "-q", *provider])
    (build / _PINS).write_text(_pins(tool), encoding="ascii")
    say(f"{tool}: ready.")


@dataclass(frozen=True)
class _Steps:
    """The commands that make an environment, each ended with all that it started."""

    tool: Tool
    build: Path
    stop: threading.Event

    def take(self, command: Sequence[str]) -> None:
        """Run one that needs nothing of ours: what is fetched is not ours, either."""
        self._run(command, surroundings.plain(os.environ))

    def fetch(self, command: Sequence[str]) -> None:
        """Run one that asks a package index."""
        self._run(command, surroundings.towards_packages(os.environ))

    def _run(self, command: Sequence[str], environment: dict[str, str]) -> None:
        log = self.build / "set-up.log"
        ended = process.run(
            command,
            directory=self.build,
            environment=environment,
            log=log,
            limit=float("inf"),
            stop=self.stop,
            watch=lambda _: None,
        )
        if ended.returncode:
            raise _failed(self.tool, command, log.read_text(encoding="utf-8", errors="replace"))


def _failed(tool: Tool, command: Sequence[str], said: str) -> ToolError:
    end = " ".join(said.split())[-400:] or "it said nothing"
    return ToolError(
        f"could not be set up; {Path(command[0]).name} {' '.join(command[1:3])} said: {end}",
        where=str(tool),
        remedy="Check the network, the package index and the disk, then: baseline audit setup",
    )


def _uv() -> str | None:
    """The uv beside our own interpreter, of our own checkout, or on PATH."""
    prefix = Path(sys.prefix)
    for place in (prefix / "bin/uv", prefix.parent / ".tools/uv"):
        if os.access(place, os.X_OK):
            return str(place)
    return shutil.which("uv")


def _python(tool: Tool) -> str:
    """A Python that ``tool`` supports: ours, or one on PATH."""
    if sys.version_info[:2] in tool.pythons:
        return sys.executable
    for major, minor in tool.pythons:
        found = shutil.which(f"python{major}.{minor}")
        # A version manager may have a name on PATH with no Python behind it.
        if found and _starts(found):
            return found
    wanted = ", ".join(f"{major}.{minor}" for major, minor in tool.pythons)
    raise ToolError(
        f"no Python that it supports is on PATH ({wanted})",
        where=str(tool),
        remedy="Install one of them, or leave the tool out with --tool.",
    )


def _starts(python: str) -> bool:
    ended = subprocess.run(  # noqa: S603  # found on PATH
        [python, "-c", ""],
        capture_output=True,
        check=False,
        env=surroundings.plain(os.environ),
    )
    return ended.returncode == 0


def _count(pinned: Path) -> int:
    return sum("==" in line for line in pinned.read_text(encoding="utf-8").splitlines())
