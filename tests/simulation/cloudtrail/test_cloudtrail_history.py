"""The seeded past: what was planted is there, nothing else looks like it, and it is delivered."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from baseline.simulation.blueprint import Blueprint
from baseline.simulation.cloudtrail import PLANTED, History

ACCOUNTS = {m.name: m.id for m in Blueprint().accounts if not m.suspended}
UNTIL = date(2026, 11, 23)
SUSPICIOUS = {"ConsoleLogin", "StopLogging", "CreateAccessKey", "GetObject"}
PAYMENTS = "500000000005"


@pytest.fixture(scope="module")
def days() -> Any:
    history = History(1, ACCOUNTS, UNTIL)
    return [day for place in history.places() for day in history.days(*place)]


def test_the_planted_events_are_there_and_nowhere_else(days: Any) -> None:
    found = Counter(
        (day.account_id, day.region, (UNTIL - day.date).days, event["eventName"])
        for day in days
        for event in day.events
        if event["eventName"] in SUSPICIOUS
    )

    planted: Counter[tuple[str, str, int, str]] = Counter()
    for i in PLANTED:
        planted[ACCOUNTS[i.account], i.region, i.days_ago, i.event_name] += i.count
    assert found == planted


def test_root_signed_in_five_times_in_thirty_days_and_once_before(days: Any) -> None:
    ages = [
        (UNTIL - day.date).days
        for day in days
        for event in day.events
        if event["eventName"] == "ConsoleLogin" and event["userIdentity"]["type"] == "Root"
    ]

    assert sum(age <= 30 for age in ages) == 5
    assert sum(age > 30 for age in ages) == 1


def test_one_sign_in_had_no_second_factor(days: Any) -> None:
    without = [
        event["userIdentity"]["userName"]
        for day in days
        for event in day.events
        if (event.get("additionalEventData") or {}).get("MFAUsed") == "No"
    ]

    assert without == ["contractor"]


def test_the_three_examples_of_date_comparison_differ(days: Any) -> None:
    def later_than(text: Any) -> Any:
        return sum(len(day.events) for day in days if day.date.isoformat() > text)

    assert later_than("2019") > later_than("2019-07") > later_than("2019-07-23") > 0


def test_a_day_lies_in_its_own_date_in_order_of_time(days: Any) -> None:
    for day in days:
        times = [event["eventTime"] for event in day.events]
        assert times == sorted(times)
        assert {time[:10] for time in times} == {day.date.isoformat()}


def test_records_of_2019_look_like_records_of_2019(days: Any) -> None:
    old = [event for day in days if day.date.year == 2019 for event in day.events]

    assert {event["eventVersion"] for event in old} == {"1.05"}
    assert not any("tlsDetails" in event or "eventCategory" in event for event in old)


def test_every_event_has_its_own_id(days: Any) -> None:
    ids = [event["eventID"] for day in days for event in day.events]

    assert len(ids) == len(set(ids))


def test_the_past_stays_small(days: Any) -> None:
    assert len(days) < 700
    assert sum(len(day.events) for day in days) < 60_000


def test_another_seed_makes_another_past() -> None:
    one, two = (next(History(seed, ACCOUNTS, UNTIL).days(PAYMENTS, "us-east-1")) for seed in (1, 2))

    assert one.events != two.events


def test_the_past_goes_once_to_the_first_trail_that_logs_there(
    given_a_trail: Any, simulation: Any, objects: Any
) -> None:
    client = given_a_trail(PAYMENTS, "eu-west-1")
    history = simulation.service("cloudtrail").history
    expected = [*history.days(PAYMENTS, "eu-west-1")]

    written = simulation.deliver()
    client.delete_trail(Name="baseline")
    logs = objects("/CloudTrail/")

    assert written == len(expected)
    assert sum(len(log["Records"]) for log in logs.values()) == sum(len(d.events) for d in expected)
    assert {"/".join(key.split("/")[4:7]) for key in logs} == {
        f"{d.date:%Y/%m/%d}" for d in expected
    }


def test_a_trail_that_comes_later_gets_no_past(given_a_trail: Any, simulation: Any) -> None:
    first = given_a_trail(PAYMENTS, "eu-west-1")
    simulation.deliver()
    first.delete_trail(Name="baseline")
    given_a_trail(PAYMENTS, "eu-west-1")

    assert simulation.deliver() == 0
