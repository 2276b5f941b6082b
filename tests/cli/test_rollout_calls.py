"""Commands of the roll-out say how often they asked AWS: in all, for each target, by service."""

import re
from pathlib import Path
from typing import Any

from baseline.simulation import Simulation
from given_obstacles import AWAY, DEVELOPMENT, HOME, LOGS, PAYMENTS, TOOLING
from given_terminal import Baseline

LAST = re.compile(r"([\d,]+) API calls, ([\d.]+) for each of ([\d,]+) targets\n$")
FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{HOME}, {AWAY}]
exclude_accounts: ["{LOGS}", "{TOOLING}", "{PAYMENTS}", "{DEVELOPMENT}"]
"""


def test_each_command_says_at_its_end_what_the_simulation_counted(
    organization: Simulation, baseline: Baseline
) -> None:
    Path("baseline.yaml").write_text(FILE)
    seen: list[str] = []
    organization.observers.append(
        lambda call, *_: seen.append(call.service) if from_outside(call) else None
    )
    for arguments in (("plan",), ("deploy", "--yes"), ("verify",)):
        seen.clear()
        ran = baseline("rollout", *arguments, "--no-progress")
        assert ran.code == 0, ran.err
        said = LAST.search(ran.err)
        assert said, ran.err
        number = int(said[1].replace(",", ""))
        assert (number, said[2], said[3]) == (len(seen), f"{number / 4:.1f}", "4")


def test_of_one_target_no_average_is_said(organization: Simulation, baseline: Baseline) -> None:
    Path("baseline.yaml").write_text(FILE)
    ran = baseline("rollout", "plan", "--account", "acme-main", "--region", HOME)
    assert ran.err.splitlines()[-1].endswith(" API calls, all for one target")


def from_outside(call: Any) -> bool:
    """Whether a person's machine asked, and not the simulation or one of its services."""
    return not call.internal and not call.source_ip.endswith("amazonaws.com")


def test_with_v_each_service_has_its_number(organization: Simulation, baseline: Baseline) -> None:
    Path("baseline.yaml").write_text(FILE)
    ran = baseline("rollout", "plan", "-v")
    services = {s: int(n) for s, n in re.findall(r"^  (\w+) ([\d,]+)$", ran.err, re.MULTILINE)}
    assert {"cloudformation", "organizations", "sts"} <= services.keys()
    total = LAST.search(ran.err)
    assert total
    assert sum(services.values()) == int(total[1])


def test_all_regions_of_an_account_assume_its_role_once(
    organization: Simulation, baseline: Baseline
) -> None:
    Path("baseline.yaml").write_text(FILE)
    assumed: list[str] = []
    organization.observers.append(
        lambda call, *_: (
            assumed.append(call.parameters["RoleArn"]) if call.operation == "AssumeRole" else None
        )
    )
    assert baseline("rollout", "preflight").code == 0
    assert len(set(assumed)) == len(assumed) == 5
