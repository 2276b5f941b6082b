"""What an account has already stays: its recorder, its detector, its trail, and is never broken."""

from pathlib import Path
from typing import Any

import pytest

from baseline.simulation import Fault, Simulation
from given_obstacles import (
    AWAY,
    DEVELOPMENT,
    FILE,
    HOME,
    MAIN,
    PAYMENTS,
    PRODUCTION,
    channel,
    detector,
    recorder,
    trail,
)  # fmt: skip
from given_terminal import Baseline


@pytest.fixture(autouse=True)
def configured(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE)


def what_is_there(organization: Simulation) -> dict[str, Any]:
    """All that is to stay, as its services tell it."""
    config = organization.client("config", AWAY, DEVELOPMENT)
    member = organization.client("guardduty", AWAY, PRODUCTION)
    main = organization.client("guardduty", AWAY, MAIN)
    cloudtrail = organization.client("cloudtrail", HOME, PAYMENTS)
    return {
        "recorders": config.describe_configuration_recorders()["ConfigurationRecorders"],
        "channels": config.describe_delivery_channels()["DeliveryChannels"],
        "member": member.list_detectors()["DetectorIds"],
        "main": main.list_detectors()["DetectorIds"],
        "trails": cloudtrail.describe_trails()["trailList"],
    }


@pytest.fixture
def theirs(organization: Simulation, baseline: Baseline) -> dict[str, Any]:
    """What is there already, adopted as preflight advises."""
    recorder(organization, DEVELOPMENT, AWAY)
    channel(organization, DEVELOPMENT, AWAY)
    detector(organization, PRODUCTION, AWAY)
    detector(organization, MAIN, AWAY)
    trail(organization, PAYMENTS, HOME, "baseline")
    looked = baseline("rollout", "preflight")
    assert looked.code == 1
    advice = looked.err.split("add to baseline.yaml:\n")[1].rsplit("\n", 3)[0]
    Path("baseline.yaml").write_text(f"{FILE}{advice}\n")
    return what_is_there(organization)


def test_what_is_adopted_is_proven_and_never_touched(
    organization: Simulation, baseline: Baseline, theirs: dict[str, Any]
) -> None:
    assert baseline("rollout", "preflight").code == 0
    planned = baseline("rollout", "plan", "-o", "json")
    said = {(r["name"], r["account"], r["region"]): r["reason"] for r in planned.rows}
    assert said["auditing", DEVELOPMENT, AWAY].endswith("the recorder there is adopted")
    assert said["auditing", PAYMENTS, HOME].endswith("the trail there is adopted")
    assert f"{theirs['main'][0]} is adopted" in said["guardduty-main", MAIN, AWAY]
    assert "adopted" not in said["auditing", PRODUCTION, AWAY]

    assert baseline("rollout", "deploy", "--yes", "--no-progress").code == 0
    assert what_is_there(organization) == theirs
    assert baseline("rollout", "plan", "--exit-code").code == 0

    proven = baseline("rollout", "verify", "-o", "json")
    assert [r for r in proven.rows if r["status"] != "PASS"] == []
    adopted = {
        (r["check"], r["account"], r["region"]): r["detail"]
        for r in proven.rows
        if r["detail"].startswith("adopted: ")
    }
    assert adopted.keys() == {
        ("recorder", DEVELOPMENT, AWAY),
        ("recorded", DEVELOPMENT, AWAY),
        ("channel", DEVELOPMENT, AWAY),
        ("trail", PAYMENTS, HOME),
        ("detector", PRODUCTION, AWAY),
        ("detector", MAIN, AWAY),
    }
    assert "not the central bucket" in adopted["channel", DEVELOPMENT, AWAY]
    members = [r["account"] for r in proven.rows if (r["check"], r["region"]) == ("member", AWAY)]
    assert PRODUCTION in members

    config = organization.client("config", AWAY, DEVELOPMENT)
    config.stop_configuration_recorder(ConfigurationRecorderName="own")
    broken = baseline(
        "rollout", "verify", "--only", "auditing", "--account", "development", "-o", "json"
    )
    (stopped,) = [r for r in broken.rows if r["status"] != "PASS"]
    assert stopped["detail"] == "the adopted recorder own is stopped"
    assert "have its owner change it" in stopped["remedy"]
    config.start_configuration_recorder(ConfigurationRecorderName="own")

    as_it_was = Path("baseline.yaml").read_text()
    Path("baseline.yaml").write_text(f"{as_it_was}config: {{global_region: {AWAY}}}\n")
    elsewhere = baseline("rollout", "verify", "--only", "auditing", "--region", AWAY, "-o", "json")
    (blind,) = [r["detail"] for r in elsewhere.rows if r["detail"].startswith("the adopted")]
    assert "leaves global resources out, which are recorded in this region alone" in blind
    Path("baseline.yaml").write_text(as_it_was)

    assert baseline("rollout", "remove", "--yes", "--no-progress").code == 0
    assert what_is_there(organization) == theirs


def test_what_the_baseline_made_cannot_be_adopted(
    organization: Simulation, baseline: Baseline
) -> None:
    only = ("--only", "auditing", "--account", "development", "--region", AWAY)
    assert baseline("rollout", "deploy", "--yes", *only).code == 0
    Path("baseline.yaml").write_text(f'{FILE}adopt: {{config: {{"{DEVELOPMENT}": [{AWAY}]}}}}\n')
    refused = baseline("rollout", "plan")
    assert refused.code == 2
    assert f"ConfigurationRecorder of {DEVELOPMENT} {AWAY} was made by the baseline" in refused.err


THERE = ("--only", "auditing", "--account", "development", "--region", AWAY)


@pytest.mark.parametrize(
    ("key", "what"), [("config", "ConfigurationRecorder"), ("cloudtrail", "Trail")]
)
def test_nor_can_it_where_an_update_has_failed(
    organization: Simulation, baseline: Baseline, key: str, what: str
) -> None:
    assert baseline("rollout", "deploy", "--yes", *THERE).code == 0
    changed = f"{FILE}cloudtrail: {{log_group_days: 30}}\n"
    Path("baseline.yaml").write_text(changed)
    organization.faults.add(Fault("deny", "logs", "PutRetentionPolicy", DEVELOPMENT))
    assert baseline("rollout", "deploy", "--yes", *THERE).code == 1
    organization.faults.clear()

    adopting = f'adopt: {{{key}: {{"{DEVELOPMENT}": [{AWAY}]}}}}\n'
    Path("baseline.yaml").write_text(changed + adopting)
    refused = baseline("rollout", "plan", *THERE)
    assert refused.code == 2
    assert f"the {what} of {DEVELOPMENT} {AWAY} was made by the baseline" in refused.err

    organization.faults.add(Fault("deny", "cloudformation", "DescribeStacks", DEVELOPMENT, AWAY))
    refused = baseline("rollout", "plan", *THERE)
    assert refused.code == 2
    assert f"whether the baseline made the {what} of {DEVELOPMENT} {AWAY}" in refused.err
    assert "or make its stacks readable" in refused.err


def test_what_was_in_the_way_of_the_first_deploy_can_be_adopted_after_it(
    organization: Simulation, baseline: Baseline
) -> None:
    recorder(organization, DEVELOPMENT, AWAY)
    channel(organization, DEVELOPMENT, AWAY)
    assert baseline("rollout", "deploy", "--yes", *THERE).code == 1
    Path("baseline.yaml").write_text(f'{FILE}adopt: {{config: {{"{DEVELOPMENT}": [{AWAY}]}}}}\n')
    assert baseline("rollout", "deploy", "--yes", *THERE).code == 0
    config = organization.client("config", AWAY, DEVELOPMENT)
    (kept,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
    assert kept["name"] == "own"
