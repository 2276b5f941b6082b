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
heaps = os.environ.get("MALLOC_ARENA_MAX")  # as the C library saw it when the program began
class CheckMetadata:
    get_bulk = staticmethod(lambda provider: {provider: "checks"})
class Compliance:
    get_bulk = staticmethod(lambda provider: "frameworks")
def update_checks_metadata_with_compliance(frameworks, checks):
    return {**checks, "compliance": frameworks}
def get_bulk_compliance_frameworks_universal(provider):
    return "universal"
class ProwlerArgumentParser: pass

def prowler():
    known = update_checks_metadata_with_compliance(
        Compliance.get_bulk("aws"), CheckMetadata.get_bulk("aws"))
    print(sys.argv, known, os.getcwd(), os.environ.get("ACCOUNT"), os.environ.get("OURS"))
    print(config.timestamp_iso, os.getsid(0) == os.getpid(), sys.stdin.read() == "", heaps)
    sys.stdout.flush()
    if "checks" in sys.argv:
        from prowler.lib.check import check
        for name in ("iam_root", "iam_users", "iam_root"):
            try:
                print(check.import_check(f"prowler.providers.aws.services.iam.{name}.{name}").asked())
            except Exception as error:
                print("could not:", error)
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
IMPORTING = """\
import importlib
def import_check(path):
    return importlib.import_module(path)
"""
SERVICE = """\
print("imported a service")
from prowler.providers.aws.lib.service.service import AWSService
class IAM(AWSService): pass
"""
CLIENT = """\
import os
from prowler.providers.aws.services.iam.iam_service import IAM
print("asked", os.environ["ACCOUNT"])
iam_client = os.environ["ACCOUNT"]
"""
CHECK = """\
from prowler.providers.aws.services.iam.iam_client import iam_client
print("imported a check")
def asked():
    return f"iam of {iam_client}"
"""
IAM = "providers/aws/services/iam"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A Python that finds such a Prowler, also when it is isolated."""
    package = tmp_path / "packages/prowler"
    for file, text in (
        ("__init__.py", ""), ("__main__.py", PROGRAM), ("config/config.py", CONFIG),
        ("lib/check/check.py", IMPORTING), ("providers/aws/services/__init__.py", ""),
        ("providers/aws/lib/service/service.py", "class AWSService: pass\n"),
        (f"{IAM}/iam_service.py", SERVICE), (f"{IAM}/iam_client.py", CLIENT),
        (f"{IAM}/iam_root/iam_root.py", CHECK), (f"{IAM}/iam_users/iam_users.py", CHECK),
    ):  # fmt: skip
        (package / file).parent.mkdir(parents=True, exist_ok=True)
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
        assert more == "renewed True True 2"


def test_checks_are_imported_once_and_see_the_account_that_is_looked_at(
    workers: Workers, environment: Environment, tmp_path: Path
) -> None:
    for account in ("first", "second"):
        _, log = ran(environment, workers.start, tmp_path / account, "checks")
        assert log.splitlines()[2:] == [f"asked {account}", *[f"iam of {account}"] * 3]


def test_a_client_that_cannot_be_made_fails_its_checks_and_no_other(
    environment: Environment, tmp_path: Path
) -> None:
    (environment.packages / f"prowler/{IAM}/iam_client.py").write_text("raise ValueError('denied')")
    (environment.packages / f"prowler/{IAM}/iam_users/iam_users.py").write_text(
        "def asked():\n    return 'no client'\n"
    )
    with Workers(environment, lambda _: None) as workers:
        _, log = ran(environment, workers.start, tmp_path / "first", "checks")
    assert log.splitlines()[2:] == ["could not: denied", "no client", "could not: denied"]


def test_a_check_that_asks_its_client_when_it_is_imported_is_left_to_each_child(
    environment: Environment, tmp_path: Path
) -> None:
    (environment.packages / f"prowler/{IAM}/iam_users/iam_users.py").write_text(
        f"{CHECK}asked_at_once = iam_client.upper()\n"
    )
    with Workers(environment, lambda _: None) as workers:
        _, log = ran(environment, workers.start, tmp_path / "first", "checks")
    assert log.splitlines()[2:] == [
        "asked first",
        "iam of first",
        "imported a check",
        "iam of first",
        "iam of first",
    ]


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


def test_a_client_that_something_else_than_a_check_takes_makes_it_start_plainly(
    environment: Environment, said: list[str], tmp_path: Path
) -> None:
    service = environment.packages / f"prowler/{IAM}/iam_service.py"
    service.write_text("from prowler.providers.aws.services.iam.iam_client import iam_client\n")
    with Workers(environment, said.append) as workers:
        ended, _ = ran(environment, workers.start, tmp_path / "first", "fail")
    assert ended.returncode == 3
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
