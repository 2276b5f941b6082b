"""``baseline simulate`` as a user calls it."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from baseline.cli import run
from baseline.sessions import open_session
from baseline.simulation import Blueprint, Simulation, save_state

BASELINE = [sys.executable, "-m", "baseline", "simulate"]
# Says who it is, with the environment alone.
WHO = [
    sys.executable,
    "-c",
    "from baseline.sessions import open_session; print(open_session().arn)",
]
ADMINISTRATOR = "arn:aws:iam::100000000001:user/security-engineer"


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process, and what it says to export."""
    process = subprocess.Popen(
        [*BASELINE, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        said = process.stdout.read()  # it lets go of stdout, and lives on
        exports = re.findall(r"^export (\w+)=(.*)$", said, re.MULTILINE)
        yield process, {name: shlex.split(value)[0] for name, value in exports}
    finally:
        process.kill()
        process.communicate()


def test_a_command_runs_against_the_simulation(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--", *WHO]) == 0
    assert capfd.readouterr().out.strip() == ADMINISTRATOR


def test_the_exit_code_is_that_of_the_command() -> None:
    assert run(["simulate", "--", "sh", "-c", "exit 7"]) == 7
    assert run(["simulate", "--", "sh", "-c", "kill -9 $$"]) == 137


def test_the_commands_environment_has_no_way_back_to_aws(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Profile and session token of the user are taken away; proxies are passed by."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    assert run(["simulate", "--", *WHO]) == 0
    assert run(["simulate", "--", "sh", "-c", "echo $NO_PROXY$AWS_PROFILE"]) == 0
    said = capfd.readouterr().out.split()
    assert said == [ADMINISTRATOR, "internal.example,127.0.0.1,localhost"]


def test_a_planted_fault_reaches_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    command = ["simulate", "--fault", "deny:sts:GetCallerIdentity", "--", *WHO]
    assert run(command) == 1
    assert "DeniedError" in capfd.readouterr().err


def test_the_state_is_kept_between_two_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    state = ["simulate", "--state", str(tmp_path / "state")]
    make = "open_session().client('sns').create_topic(Name='kept')"
    show = "print(open_session().client('sns').list_topics()['Topics'][0]['TopicArn'])"
    for what in (make, show):
        code = f"from baseline.sessions import open_session; {what}"
        assert run([*state, "--", sys.executable, "-c", code]) == 0
    captured = capfd.readouterr()
    assert captured.out.strip() == "arn:aws:sns:eu-west-1:100000000001:kept"
    assert f"The state is in {tmp_path / 'state'}." in captured.err


def test_what_was_done_before_is_in_the_logs_when_a_command_begins(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As it would be on AWS, where minutes pass between two commands."""
    simulation = Simulation(Blueprint(misconfigured=False))
    home = "eu-west-1", "100000000001"
    s3, trails = (simulation.client(service, *home) for service in ("s3", "cloudtrail"))
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": home[0]})
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    statements = [
        {**service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"},
        {**service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/AWSLogs/*"},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    trails.create_trail(Name="trail", S3BucketName="logs")
    trails.start_logging(Name="trail")
    save_state(simulation, tmp_path / "state")
    simulation.close()
    code = (
        "from baseline.sessions import open_session; "
        "print(open_session().client('s3').list_objects_v2(Bucket='logs')['KeyCount'])"
    )
    assert (
        run(["simulate", "--state", str(tmp_path / "state"), "--", sys.executable, "-c", code]) == 0
    )
    assert int(capfd.readouterr().out) > 0


def test_more_accounts_on_demand(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "from baseline.sessions import open_session; from baseline.organization import discover; "
        "print(len(discover(open_session()).accounts))"
    )
    assert run(["simulate", "--accounts", "20", "--", sys.executable, "-c", code]) == 0
    assert capfd.readouterr().out.strip() == "27"


def test_it_serves_until_it_is_told_to_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it prints is enough to be a client; SIGTERM ends it, with the state saved."""
    with served("--state", str(tmp_path / "state")) as (process, exports):
        for name, value in exports.items():
            monkeypatch.setenv(name, value)
        assert open_session().arn == ADMINISTRATOR
        assert exports["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        os.kill(int(exports["BASELINE_SIMULATION_PID"]), signal.SIGTERM)
        _, talk = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Nothing in it is real" in talk
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    with served() as (process, _):
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in talk


def test_behind_a_prompt_ctrl_c_is_for_what_runs_before_it() -> None:
    """A shell lets it ignore the signal, as in ``eval "$(baseline simulate &)"``."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with served() as (process, exports):
            signal.signal(signal.SIGINT, before)
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=3)
            process.terminate()
            _, talk = process.communicate(timeout=60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert f"kill {exports['BASELINE_SIMULATION_PID']} ends it." in talk


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "explode:s3"], "cannot read the fault 'explode:s3'"),
        (["--", "no-such-command"], "cannot run no-such-command: No such file or directory"),
        (["--port", "70000"], "70000 is not in the range"),
        (["--state", "link"], "the state is not loaded"),
        (["--state", "own", "--accounts", "3"], "--accounts is for a new simulation"),
        (["--state", "none/state", "--", "true"], "the state cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("link").symlink_to(os.devnull)
    Path("own").touch(mode=0o600)
    assert run(["simulate", *arguments]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_port_that_is_taken_is_said_in_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run(["simulate", "--port", str(port), "--", "true"]) == 2
    said = f"Error: port {port}: cannot be listened on: Address already in use. Give another --port"
    captured = capfd.readouterr()
    assert captured.err.startswith(said)
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_without_moto_it_says_what_to_install(tmp_path: Path) -> None:
    """As where only the main package is installed: moto cannot be imported."""
    (tmp_path / "moto.py").write_text("raise ModuleNotFoundError('no moto', name='moto')")
    done = subprocess.run(
        [*BASELINE, "--", "true"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'aws-baseline[simulation]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--help"]) == 0
    assert "baseline simulate -- aws organizations list-accounts" in capsys.readouterr().out
