"""LookupEvents: the last ninety days of management events, newest first."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from baseline.simulation.cloudtrail.trail import Record
from baseline.simulation.service import Refusal

KEPT = dt.timedelta(days=90)
_PAGE = 50

Event = dict[str, Any]


def look_up(records: Iterable[Record], parameters: Event, now: dt.datetime) -> Event:
    """The answer to LookupEvents over the management events of one account and region."""
    start = max(parameters.get("StartTime") or now - KEPT, now - KEPT)
    end = parameters.get("EndTime") or now
    if start > end:
        raise Refusal("InvalidTimeRangeException", "Start time must be before end time.")
    within = [r for r in records if start <= r.time <= end]
    matching = [] if parameters.get("EventCategory") == "insight" else _matching(within, parameters)
    return _page(sorted(matching, key=lambda r: r.time, reverse=True), parameters)


def _matching(records: list[Record], parameters: Event) -> list[Record]:
    for attribute in parameters.get("LookupAttributes") or []:
        values, wanted = _ATTRIBUTES[attribute["AttributeKey"]], attribute["AttributeValue"]
        records = [r for r in records if wanted in values(msgspec.json.decode(r.text))]
    return records


def _page(records: list[Record], parameters: Event) -> Event:
    size = parameters.get("MaxResults") or _PAGE
    if not 1 <= size <= _PAGE:
        raise Refusal("InvalidMaxResultsException", "A maximum results value of 1-50 is allowed.")
    token = parameters.get("NextToken") or "0"
    if not token.isdecimal():
        raise Refusal("InvalidNextTokenException", "Invalid Next Token")
    begin, end = int(token), int(token) + size
    answer: Event = {"Events": [_entry(record) for record in records[begin:end]]}
    return answer | ({"NextToken": str(end)} if end < len(records) else {})


def _entry(record: Record) -> Event:
    event = msgspec.json.decode(record.text)
    identity = event["userIdentity"]
    entry = {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": _read_only(event),
        "AccessKeyId": identity.get("accessKeyId"),
        "EventTime": record.time,
        "EventSource": event["eventSource"],
        "Username": _user_name(event),
        "Resources": [
            {"ResourceType": r.get("type", ""), "ResourceName": r.get("ARN", "")}
            for r in event.get("resources") or []
        ],
        "CloudTrailEvent": record.text.decode(),
    }
    return {key: value for key, value in entry.items() if value is not None}


def _read_only(event: Event) -> str:
    return "true" if event["readOnly"] else "false"


def _user_name(event: Event) -> str | None:
    identity = event["userIdentity"]
    if identity.get("type") == "AssumedRole":
        return str(identity["arn"]).rpartition("/")[2]
    return "root" if identity.get("type") == "Root" else identity.get("userName")


_ATTRIBUTES: dict[str, Callable[[Event], list[Any]]] = {
    "EventId": lambda e: [e["eventID"]],
    "EventName": lambda e: [e["eventName"]],
    "ReadOnly": lambda e: [_read_only(e)],
    "Username": lambda e: [_user_name(e)],
    "ResourceType": lambda e: [r.get("type") for r in e.get("resources") or []],
    "ResourceName": lambda e: [r.get("ARN") for r in e.get("resources") or []],
    "EventSource": lambda e: [e["eventSource"]],
    "AccessKeyId": lambda e: [e["userIdentity"].get("accessKeyId")],
}
