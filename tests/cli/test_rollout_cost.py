"""``baseline rollout cost``: an estimate before anything is deployed, as a user asks for it."""

from pathlib import Path

import pytest

from baseline.simulation import Simulation
from given_obstacles import AWAY, FILE, HOME, PRODUCTION
from given_terminal import Baseline


@pytest.fixture(autouse=True)
def configured(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE)


def test_the_cost_is_told_by_service_and_in_all_and_nothing_is_changed(
    organization: Simulation, baseline: Baseline
) -> None:
    seen: list[str] = []
    organization.observers.append(lambda call, _answer, _refusal: seen.append(call.operation))
    table = baseline("rollout", "cost")
    assert table.code == 0
    services = [line.split()[0] for line in table.out.splitlines()]
    assert services == ["service", "guardduty", "config", "cloudtrail", "logs", "s3", "kms",
                        "athena", "total"]  # fmt: skip
    assert "events: 50,000, 500,000, 5,000,000  management events" in table.err
    assert not [o for o in seen if o.startswith(("Create", "Put", "Update", "Delete"))]

    ends = {line.rindex(".") for line in table.out.splitlines()[1:]}
    assert len(ends) == 1  # each number ends with two digits, beneath the one above
    assert "," in table.out.splitlines()[-1]

    asked = baseline("rollout", "cost", "-o", "json", "--assume", "events=1000000")
    assert "Assumed" not in asked.err
    *lines, total = asked.rows
    assert total["usual"] == round(sum(line["usual"] for line in lines), 2)
    (events,) = [r for r in lines if (r["service"], r["unit"]) == ("guardduty", "events")]
    assert (events["low"], events["usual"], events["high"]) == (24, 24, 24)  # six accounts
    assert events["page"] == "https://aws.amazon.com/guardduty/pricing/"
    assert events["seen"].startswith("20")


def test_networks_what_is_adopted_and_what_is_chosen_count(baseline: Baseline) -> None:
    network = f'vpc: {{accounts: ["{PRODUCTION}"], regions: [{HOME}], nat: zone}}\n'
    kept = f'adopt: {{config: {{"{PRODUCTION}": [{HOME}, {AWAY}]}}}}\n'
    known = "cost: {assume: {items: 1000, nat_gb: 0}}\n"
    Path("baseline.yaml").write_text(FILE + network + kept + known)
    rows = {(r["service"], r["what"]): r for r in baseline("rollout", "cost", "-o", "json").rows}
    assert rows["config", "recorded changes"]["usual"] == 5 * 1000 * 0.003
    assert rows["vpc", "NAT gateways"]["usual"] == round(2 * 730 * 0.045, 2)
    one = baseline("rollout", "cost", "--only", "guardduty-member", "--account", "production",
                   "-o", "json").rows  # fmt: skip
    assert (one[0]["service"], one[0]["low"]) == ("guardduty", 0.2)
    assert {r["service"] for r in one} == {"guardduty", "total"}


def test_one_administrator_and_one_trail_cost_for_all_accounts(baseline: Baseline) -> None:
    modes = f"guardduty: {{mode: delegated-admin, administrator: '{PRODUCTION}'}}\n"
    modes += "cloudtrail: {mode: organization}\ncost: {assume: {events: 1000000}}\n"
    Path("baseline.yaml").write_text(FILE + modes)
    rows = {(r["service"], r["what"]): r for r in baseline("rollout", "cost", "-o", "json").rows}
    assert rows["guardduty", "management events"]["usual"] == 6 * 4.0
    assert rows["logs", "events into log groups"]["usual"] == 6 * 1.5 * 0.5


def test_what_is_no_assumption_is_refused(baseline: Baseline) -> None:
    for wrong in ("event=3", "events=-1", "events=many", "events"):
        refused = baseline("rollout", "cost", "--assume", wrong)
        assert refused.code == 2
        assert "events" in refused.err
