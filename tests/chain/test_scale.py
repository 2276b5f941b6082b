"""Twenty accounts in seventeen regions: deployed, proven, and left alone by a second deploy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from baseline.organization import DEFAULT_REGIONS
from baseline.simulation import Blueprint, Simulation
from given_terminal import Baseline, Ran, at_a_terminal

HOME = "eu-west-1"
# Six accounts of the default organization are active.
SMALL = Blueprint(misconfigured=False, regions=(HOME, "us-east-1"))
LARGE = Blueprint(misconfigured=False, extra_members=14, regions=DEFAULT_REGIONS)
MORE = 20 * 17 - 6 * 2
READS = ("Assume", "Describe", "Get", "List", "Head", "BatchGet")


@contextmanager
def organization(
    blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[Baseline, list[str]]]:
    """Runs command lines in an organization of its own; with what they asked AWS to do."""
    simulation, operations = Simulation(blueprint), list[str]()
    simulation.observers.append(
        lambda call, *_: None if call.internal else operations.append(call.operation)
    )
    Path("baseline.yaml").write_text(f"organization: o-acme0000000\nhome_region: {HOME}\n")
    with at_a_terminal(simulation, monkeypatch, capsys) as run:
        yield run, operations
    simulation.close()


@dataclass(frozen=True)
class Calls:
    """How many API calls commands took, as they say at their end."""

    plan: int
    verify: int
    sts: int


def rolled_out(run: Baseline) -> Calls:
    """Deploys and proves it; what fails is in the way of nothing, so nobody looks for it."""
    deployed = run("rollout", "deploy", "--yes", "--no-preflight", "--no-progress")
    assert deployed.code == 0, deployed.err
    verified = run("rollout", "verify", "--no-progress", "-v", "-o", "json")
    assert verified.code == 0, verified.err
    assert {row["status"] for row in verified.rows} == {"PASS"}
    planned = run("rollout", "plan", "--exit-code")
    assert planned.code == 0
    return Calls(counted(planned), counted(verified), counted(verified, r"  sts ([\d,]+)"))


def counted(ran: Ran, what: str = r"([\d,]+) API calls, ") -> int:
    (found,) = re.findall(what, ran.err)
    return int(found.replace(",", ""))


@pytest.mark.scale
def test_twenty_accounts_in_seventeen_regions_are_green_and_a_second_deploy_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what is asked of AWS grows with the accounts and regions, not faster."""
    with organization(SMALL, monkeypatch, capsys) as (run, _):
        small = rolled_out(run)
    with organization(LARGE, monkeypatch, capsys) as (run, operations):
        large = rolled_out(run)
        operations.clear()
        again = run("rollout", "deploy", "--yes")
        assert (again.code, "Nothing to do" in again.err) == (0, True)
        assert len(operations) > 100
        assert [one for one in operations if not one.startswith(READS)] == []
    # For each account and region more: what is asked of services, and pages of lists alone.
    assert (large.verify - small.verify) / MORE < 13.5
    assert (large.plan - small.plan) / MORE < 0.3
    # Each of two roles is assumed, and its account checked, once in each account.
    assert large.sts <= 20 * 2 * 2 + 1
