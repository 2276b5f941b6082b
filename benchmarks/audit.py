"""Audits against the original's way: ``xargs -P 4``, one plain process for each tool and account.

Both look at the same simulated organization, in this process, in one run. The simulation shares
the machine with them, and answers faster than AWS does.
"""

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from baseline.audit import process
from baseline.audit.environments import Environment, default_directory, set_up
from baseline.audit.process import Start
from baseline.audit.scan import Scan
from baseline.audit.tools import TOOLS
from baseline.audit.warm import Workers
from baseline.simulation import Blueprint, Simulation

# How many accounts, and where is looked: with no services all of them.
ACCOUNTS = tuple(int(n) for n in os.environ.get("BENCH_ACCOUNTS", "4 12").split())
SERVICES = tuple(os.environ.get("BENCH_SERVICES", "").split())
REGION = "eu-west-1"
ROLE = "AssumableSecurityAuditRole"
EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"
_THERE = 6
_BETWEEN_SAMPLES = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds of one command, and the greatest sum of its processes' PSS, in bytes."""

    seconds: float
    memory: int


def measure() -> Iterator[str]:
    """One line for each number of accounts and way of auditing, and one for the CPU of one scan."""
    tools = Path(os.environ.get("BASELINE_TOOLS") or default_directory())
    installed = [set_up(tool, tools, print) for tool in TOOLS.values()]
    for number in ACCOUNTS:
        yield from _organization(number, installed, tools)
    yield _processor(installed[0])


def _organization(number: int, installed: list[Environment], tools: Path) -> Iterator[str]:
    simulation = Simulation(Blueprint(extra_members=max(0, number - _THERE)))
    accounts = sorted(simulation.active_account_ids())[:number]
    _let_in(simulation, accounts)
    with TemporaryDirectory() as place, simulation.serve() as url:
        environment = _without_identity() | simulation.environment(url)
        # What it makes of an account the first time that it is asked is not to be anyone's cost.
        _cost(_xargs(simulation, installed[:1], accounts, Path(place, "first")), environment)
        peer = _cost(_xargs(simulation, installed, accounts, Path(place)), environment)
        for manner in ("--warm", "--plain"):
            command = [sys.executable, "-m", "baseline", "audit", "run", *accounts, "-p4", manner]
            limits = [f"--region={REGION}", *(f"--service={s}" for s in SERVICES)]
            where = ["--reports", f"{place}/{manner}", "--tools-dir", str(tools)]
            ours = _cost([*command, *limits, *where], environment)
            _see_that_all_are_complete(Path(place, manner), number)
            yield (
                f"{number} accounts, audit run -p4 {manner} / xargs -P 4: "
                f"wall {ours.seconds / peer.seconds:.2f} ({ours.seconds:.0f} s against "
                f"{peer.seconds:.0f} s), memory {ours.memory / peer.memory:.2f} "
                f"({ours.memory >> 20} MB against {peer.memory >> 20} MB)"
            )
    simulation.close()


def _let_in(simulation: Simulation, accounts: Sequence[str]) -> None:
    principal = {"AWS": f"arn:aws:iam::{simulation.blueprint.main.id}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    for account in accounts:
        iam: Any = simulation.client("iam", "us-east-1", account)
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=ROLE, PolicyArn=EVERYTHING)


def _without_identity() -> dict[str, str]:
    dropped = ("AWS_", "BASELINE_", "PYTHONDONTWRITEBYTECODE")
    return {k: v for k, v in os.environ.items() if not k.startswith(dropped)}


def _xargs(
    simulation: Simulation, installed: list[Environment], accounts: Sequence[str], place: Path
) -> list[str]:
    """The original's way: every tool in every account, four at a time."""
    sts: Any = simulation.client("sts", REGION, simulation.blueprint.main.id)
    lines = []
    for account in accounts:
        arn = f"arn:aws:iam::{account}:role/{ROLE}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="bench")["Credentials"]
        identity = {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }
        for environment in installed:
            command = _plain(environment, account, place / account / environment.tool.name)
            lines.append(["env", *(f"{k}={v}" for k, v in identity.items()), *command])
    place.mkdir(exist_ok=True)
    file = place / "commands"
    file.write_text("".join(f"{shlex.quote(shlex.join(line))}\n" for line in lines))
    return ["sh", "-c", f"xargs -P 4 -n 1 sh -c < {file}; true"]


def _plain(environment: Environment, account: str, directory: Path) -> list[str]:
    directory.mkdir(parents=True)
    known = tuple(s for s in SERVICES if s in environment.services)
    scan = Scan(account, directory, (REGION,), known)
    return [*environment.command, *environment.tool.arguments(scan)]


def _cost(command: list[str], environment: dict[str, str]) -> Cost:
    start, most = time.perf_counter(), 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        while running.poll() is None:
            most = max(most, _memory(running.pid))
            time.sleep(_BETWEEN_SAMPLES)
    return Cost(time.perf_counter() - start, most)


def _memory(root: int) -> int:
    """The PSS of ``root`` and all that descends from it, in bytes; what ends meanwhile has none."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting, total = [root], 0
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        total += _pss(pid)
    return total


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _see_that_all_are_complete(reports: Path, number: int) -> None:
    summary = json.loads((reports / "summary.json").read_text())
    assert summary["scans"] == 2 * number, summary["scans"]
    reasons = {scan["reason"] for scan in summary["completeness"]}
    assert summary["complete"] == summary["scans"], reasons


def _processor(prowler: Environment) -> str:
    """CPU seconds of Prowler in one account, once another has been looked at."""
    simulation = Simulation(Blueprint())
    with (
        TemporaryDirectory() as place,
        simulation.serve() as url,
        Workers(prowler, print) as workers,
    ):
        environment = _without_identity() | simulation.environment(url)
        times = {}
        for name, start in (
            *(("first", workers.start), ("warm", workers.start)),
            ("plain", process.start),
        ):
            before = _used()
            _scan(prowler, Path(place, name), environment, start)
            times[name] = _used() - before
    simulation.close()
    return (
        f"CPU of Prowler in one account after the first, warm / plain: "
        f"{times['warm'] / times['plain']:.2f} ({times['warm']:.1f} s against "
        f"{times['plain']:.1f} s)"
    )


def _scan(prowler: Environment, directory: Path, environment: dict[str, str], start: Start) -> None:
    process.run(
        _plain(prowler, "", directory),
        directory=directory,
        environment=environment,
        log=directory / "log.txt",
        limit=float("inf"),
        stop=threading.Event(),
        watch=lambda _: None,
        start=start,
    )
    assert (directory / "prowler.csv").is_file(), (directory / "log.txt").read_text()


def _used() -> float:
    """CPU seconds of children that have ended, ours and those of our own children."""
    ours = os.times()
    used = ours.children_user + ours.children_system
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else []
        if fields and int(fields[1]) == os.getpid():
            used += (int(fields[13]) + int(fields[14])) / _TICKS
    return used
