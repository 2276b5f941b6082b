"""What a plan takes as the organization grows: 17 regions in the simulation, nothing rolled out."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from work import baseline, cost

from baseline.simulation import Blueprint, Simulation

REGIONS = 17
# The default organization has six active accounts.
_THERE = 6
ACCOUNTS = tuple(int(n) for n in os.environ.get("BENCH_ACCOUNTS", "100 1000").split())


def measure() -> Iterator[str]:
    """One line for each size, and how much longer the last takes than the first."""
    seconds = {}
    for number in ACCOUNTS:
        simulation = Simulation(Blueprint(extra_members=number - _THERE, misconfigured=False))
        calls: list[str] = []
        simulation.observers.append(lambda call, *_, calls=calls: calls.append(call.operation))
        with TemporaryDirectory() as directory, simulation.serve() as url:
            file = Path(directory, "baseline.yaml")
            file.write_text("organization: o-acme0000000\nhome_region: eu-west-1\n")
            os.environ.update(simulation.environment(url))
            plan = cost(baseline("rollout", "plan", "--config", file, "-o", "json"))
        simulation.close()
        seconds[number] = plan.cpu
        yield (
            f"{number} accounts x {REGIONS} regions: {plan.cpu:.0f} s of processor time, "
            f"{plan.memory:.0f} MB at the peak, {len(calls) / number / REGIONS:.2f} calls a target"
        )
    first, last = min(seconds), max(seconds)
    yield (
        f"{last / first:.0f} times the accounts: {seconds[last] / seconds[first]:.1f} times the "
        "processor time"
    )
