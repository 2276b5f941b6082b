"""A Prowler that is imported once does for each account what a fresh one would."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.audit import process, warm_prowler
from baseline.audit.environments import Environment
from baseline.audit.process import Ended, Start
from baseline.audit.tools import TOOLS
from baseline.audit.warm import Workers

# As much of Prowler as the server takes hold of. What a child is told to do is in its arguments.
PROGRAM = """\
import os, sys, time
from prowler.config import config

print("imported", os.getpid())
class CheckMetadata:
    get_bulk = staticmethod(lambda provider: {provider: "checks"})
class Compliance:
    get_bulk = staticmethod(lambda provider: "frameworks")
def update_checks_metadata_with_compliance(frameworks, checks):
    return {**checks, "compliance": frameworks}
def get_bulk_compliance_frameworks_universal(provider):
    return "universal"

def prowler():
    known = update_checks_metadata_with_compliance(
        Compliance.get_bulk("aws"), CheckMetadata.get_bulk("aws"))
    print(sys.argv, known, os.getcwd(), os.environ.get("ACCOUNT"), os.environ.get("OURS"))
    print(config.timestamp_iso, os.getsid(0) == os.getpid(), sys.stdin.read() == "")
    sys.stdout.flush()
    if "hang" in sys.argv:
        time.sleep(60)
    if "crash" in sys.argv:
        raise ValueError("no such thing")
    sys.exit(3 if "fail" in sys.argv else None)
"""
CONFIG = """\
timestamp_iso = output_file_timestamp = "long ago"
def set_output_timestamp(now):
    global timestamp_iso
    timestamp_iso = "renewed"
"""


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A Python that finds such a Prowler, also when it is isolated."""
    package = tmp_path / "packages/prowler"
    (package / "config").mkdir(parents=True)
    for file, text in (
        ("__init__.py", ""), ("__main__.py", PROGRAM),
        ("config/__init__.py", ""), ("config/config.py", CONFIG),
    ):  # fmt: skip
        (package / file).write_text(text)
    python, script = tmp_path / "python", tmp_path / "prowler"
    starter = f"import sys; sys.path.insert(0, {str(package.parent)!r}); sys.argv = sys.argv[1:]; "
    starter += "exec(compile(open(sys.argv[0]).read(), sys.argv[0], 'exec'))"
    python.write_text(
        '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do [ "$1" = -W ] && shift; shift; done\n'
        f'exec {sys.executable} -c "{starter}" "$@"\n'
    )
    python.chmod(0o700)
    script.write_text("import sys\nfrom prowler.__main__ import prowler\nsys.exit(prowler())\n")
    return Environment(TOOLS["prowler"], tmp_path, python, script, package.parent)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def workers(environment: Environment, said: list[str]) -> Iterator[Workers]:
    with Workers(environment, said.append) as made:
        yield made


def ran(
    environment: Environment, start: Start, place: Path, *arguments: str, limit: float = 30
) -> tuple[Ended, str]:
    place.mkdir()
    ended = process.run(
        [*environment.command, *arguments],
        directory=place,
        environment={"ACCOUNT": place.name, "PATH": os.environ["PATH"]},
        log=place / "log.txt",
        limit=limit,
        stop=threading.Event(),
        watch=lambda _: None,
        start=start,
    )
    return ended, (place / "log.txt").read_text()


def test_each_child_has_its_own_arguments_environment_directory_and_time(
    workers: Workers, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account, argument, code in (("first", "pass", 0), ("second", "fail", 3)):
        ended, log = ran(environment, workers.start, tmp_path / account, argument)
        assert (ended.returncode, ended.cut) == (code, "")
        assert ended.peak_memory > 1 << 20
        told, more = log.splitlines()
        assert told == (
            f"['prowler', '{argument}'] {{'aws': 'checks', 'compliance': 'frameworks'}} "
            f"{tmp_path / account} {account} None"
        )
        assert more == "renewed True True"


def test_a_child_that_hangs_is_ended_at_its_limit_and_one_that_crashes_says_why(
    workers: Workers, environment: Environment, tmp_path: Path
) -> None:
    ended, _ = ran(environment, workers.start, tmp_path / "hanging", "hang", limit=1)
    assert (ended.cut, ended.returncode) == ("timeout", -15)
    ended, log = ran(environment, workers.start, tmp_path / "crashing", "crash")
    assert ended.returncode == 1
    assert "ValueError: no such thing" in log


def test_children_end_when_the_workers_do(environment: Environment, tmp_path: Path) -> None:
    with Workers(environment, lambda _: None) as workers, (tmp_path / "log").open("wb") as log:
        child = workers.start([*environment.command, "hang"], tmp_path, {}, log)
        assert child.reap() is None
    patience = time.monotonic() + 10
    while child.reap() is None:
        assert time.monotonic() < patience
        time.sleep(0.05)
    assert child.reap() == (-9, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            PROGRAM.replace("get_bulk_compliance_frameworks_universal", "other"), id="other inside"
        ),
        pytest.param(
            f"{PROGRAM}\nimport threading\n"
            "threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n",
            id="a second thread",
        ),
        pytest.param(
            f"{PROGRAM}\nif 'warm' in sys.argv[0]: sys.exit(9)\n", id="no end to its import"
        ),
    ],
)
def test_a_prowler_that_cannot_be_warmed_is_started_plainly(
    environment: Environment, said: list[str], tmp_path: Path, program: str
) -> None:
    (environment.packages / "prowler/__main__.py").write_text(program)
    with Workers(environment, said.append) as workers:
        for account in ("first", "second"):
            ended, log = ran(environment, workers.start, tmp_path / account, "fail")
            assert ended.returncode == 3
            assert log.startswith("imported")
    assert len(said) == 1
    assert "no warm workers" in said[0]


def test_a_child_that_does_not_begin_is_started_plainly(
    environment: Environment, said: list[str], tmp_path: Path
) -> None:
    config = environment.packages / "prowler/config/config.py"
    config.write_text(CONFIG.replace("def set_output_timestamp", "def set_another"))
    with Workers(environment, said.append) as workers:
        ended, log = ran(environment, workers.start, tmp_path / "account", "fail")
    assert (ended.returncode, log.count("['")) == (3, 1)
    assert "starting the plain program" in said[0]


def test_the_server_is_a_program_that_needs_nothing_of_ours() -> None:
    text = Path(warm_prowler.__file__).read_text()
    assert "import baseline" not in text
    assert "from baseline" not in text
