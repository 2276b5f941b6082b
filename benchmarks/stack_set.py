"""What StackSets cost in the simulation: 20 accounts x 17 regions, against as many bare calls."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from baseline.simulation import Blueprint, Simulation

ACCOUNTS, REGIONS = 20, 17
# The default organization has six active accounts.
EXTRA = ACCOUNTS - 6
STACK_SET = "auditing"
FILE = "organization: o-acme0000000\nhome_region: eu-west-1\n"
BEFORE = ("stack-set-roles", "auditing-storage", "audit-roles")


def measure() -> Iterator[str]:
    """One line."""
    simulation = Simulation(Blueprint(extra_members=EXTRA, misconfigured=False))
    calls: list[str] = []
    with TemporaryDirectory() as directory, simulation.serve() as url:
        config = Path(directory, "baseline.yaml")
        config.write_text(FILE)
        _deploy(simulation, url, config, BEFORE)
        simulation.observers.append(lambda call, _answer, _refusal: calls.append(call.operation))
        seconds = _deploy(simulation, url, config, (STACK_SET,))
    made = len(calls)
    bare = _bare_calls(simulation, made)
    simulation.close()
    yield (
        f"{ACCOUNTS} x {REGIONS} instances / {made} bare calls: ratio {seconds / bare:.2f}; "
        f"{seconds:.1f} s against {bare:.1f} s"
    )


def _deploy(simulation: Simulation, url: str, config: Path, names: tuple[str, ...]) -> float:
    """Seconds of ``baseline rollout deploy`` for these parts."""
    only = [part for name in names for part in ("--only", name)]
    command = [sys.executable, "-m", "baseline", "rollout", "deploy", "--yes", *only]
    environment = {**os.environ, **simulation.environment(url)}
    start = time.perf_counter()
    subprocess.run([*command, "--config", config], check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def _bare_calls(simulation: Simulation, number: int) -> float:
    """Seconds of as many of the cheapest calls, one after the other, through the same door."""
    client: Any = simulation.client("sts", "eu-west-1", simulation.blueprint.main.id)
    start = time.perf_counter()
    for _ in range(number):
        client.get_caller_identity()
    return time.perf_counter() - start
