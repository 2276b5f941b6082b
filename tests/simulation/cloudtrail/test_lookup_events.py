"""LookupEvents, as a client of botocore sees it."""

import json
from typing import Any

import pytest

from baseline.errors import AwsError

PAYMENTS = "500000000005"
QUIET = "ap-south-1"


def look_up(client: Any, key: Any, value: Any, **more: Any) -> Any:
    attribute = {"AttributeKey": key, "AttributeValue": value}
    return client.lookup_events(LookupAttributes=[attribute], **more)["Events"]


def test_a_call_is_found_by_its_name(somebody: Any, simulation: Any) -> None:
    somebody("iam", "us-east-1").create_user(UserName="bob")
    client = simulation.client("cloudtrail", "us-east-1", "100000000001")

    (event,) = look_up(client, "EventName", "CreateUser")

    assert event["EventSource"] == "iam.amazonaws.com"
    assert event["ReadOnly"] == "false"
    assert event["Username"] == "build"
    assert json.loads(event["CloudTrailEvent"])["requestParameters"] == {"userName": "bob"}


def test_the_seeded_past_is_found_too(simulation: Any) -> None:
    client = simulation.client("cloudtrail", "us-east-1", PAYMENTS)

    (event,) = look_up(client, "EventName", "CreateAccessKey")

    assert look_up(client, "EventId", event["EventId"]) == [event]
    assert look_up(client, "AccessKeyId", event["AccessKeyId"], MaxResults=1)


def test_data_events_and_those_older_than_ninety_days_are_not_found(simulation: Any) -> None:
    client = simulation.client("cloudtrail", "eu-west-1", PAYMENTS)

    assert look_up(client, "EventName", "GetObject") == []
    pages = client.get_paginator("lookup_events").paginate()
    found = [event["EventTime"] for page in pages for event in page["Events"]]
    assert len(found) >= 30 * 40
    assert (found[0] - found[-1]).days <= 90
    assert found == sorted(found, reverse=True)


def test_a_range_of_time_is_kept(simulation: Any) -> None:
    client = simulation.client("cloudtrail", "eu-west-1", PAYMENTS)
    newest = client.lookup_events(MaxResults=1)["Events"][0]["EventTime"]

    found = client.lookup_events(StartTime=newest, EndTime=newest)["Events"]

    assert {event["EventTime"] for event in found} == {newest}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"NextToken": "nonsense"}, "InvalidNextTokenException"),
        ({"StartTime": 1, "EndTime": 0}, "InvalidTimeRangeException"),
    ],
)
def test_wrong_parameters_are_refused(simulation: Any, parameters: Any, code: Any) -> None:
    client = simulation.client("cloudtrail", QUIET, PAYMENTS)

    with pytest.raises(AwsError) as raised:
        client.lookup_events(**parameters)

    assert raised.value.code == code
