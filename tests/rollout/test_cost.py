"""What a baseline costs: quantities from its size and the assumptions, at prices with a source."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from baseline.rollout import cost
from baseline.rollout.cost import ASSUMPTIONS, LINES, SCENARIOS, Size, estimate, prices

SIZE = Size(
    detected=10, recorded=8, compared=8, logged=9, trails=18, keys=1, work_groups=1,
    networks=2, gateways=3, interfaces=4, log_months=3, flow_log_months=1, most_months=24,
)  # fmt: skip


def dollars(
    size: Size, given: Mapping[str, float] | None = None, scenario: str = "usual"
) -> dict[str, float]:
    found = estimate(size, given or {})
    return {f"{e.line.service}: {e.line.what}": round(e.dollars[scenario], 6) for e in found}


def test_quantities_are_multiplied_as_the_assumptions_say() -> None:
    known = {"events": 1e6, "event_bytes": 1000, "packed": 0.1, "other_trails": 1, "months": 30}
    known |= {"objects": 1000, "items": 100, "evaluations": 2, "flow_log_gb": 10}
    found = dollars(SIZE, known)
    assert found["guardduty: management events"] == 10 * 4.0
    assert found["config: recorded changes"] == 8 * 100 * 0.003
    assert found["config: evaluations of rules"] == 8 * 100 * 2 * 0.001
    assert found["cloudtrail: events, beyond an account's first copy"] == 180  # 9 million
    assert found["logs: events into log groups"] == 9 * 0.5  # 9 GB
    assert found["logs: flow logs into the bucket"] == 20 * 0.25
    assert found["logs: kept in log groups"] == round((9 * 3 + 20 * 1) * 0.1 * 0.03, 6)
    assert found["s3: kept in the buckets"] == round(
        (9 + 20) * 0.1 * 24 * 0.023, 6
    )  # not 30 months
    assert found["kms: log files encrypted"] == 18 * 1000 * 0.03 / 10_000
    assert found["vpc: NAT gateways"] == round(3 * 730 * 0.045, 6)
    assert found["vpc: interface endpoints"] == round(4 * 730 * 0.01, 6)


def test_what_is_not_rolled_out_costs_nothing() -> None:
    assert set(dollars(Size(), scenario="high").values()) == {0}
    without = dollars(replace(SIZE, detected=0))
    assert {without[name] for name in without if name.startswith("guardduty")} == {0}


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.service} {line.what}")
def test_more_goes_on_more_is_paid(line: cost.Line) -> None:
    (found,) = [e for e in estimate(SIZE, {}) if e.line is line]
    low, usual, high = (found.dollars[scenario] for scenario in SCENARIOS)
    assert low <= usual <= high
    assert high > 0


def test_each_price_has_its_page_and_its_date_and_each_assumption_its_order() -> None:
    assert {line.price for line in LINES} == prices().keys()
    for price in prices().values():
        assert price.page.startswith("https://aws.amazon.com/")
        assert price.seen[:2] == "20"
        assert price.usd > 0
    for assumption in ASSUMPTIONS.values():
        assert assumption.low <= assumption.usual <= assumption.high
