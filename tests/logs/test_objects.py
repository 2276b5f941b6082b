"""One object is opened, or refused with its reason."""

import gzip
import json
import tracemalloc
from functools import partial
from typing import Any

import pytest

from baseline.errors import LogFileError
from baseline.logs import objects
from baseline.logs.objects import Tag
from given_logs import a_delivery, an_event

# Without the second at which it was called: it would be in the names of the tests.
compress = partial(gzip.compress, mtime=0)

TAG = Tag("100000000001", "eu-west-1", 7)
GOOD = a_delivery(an_event(1), an_event(2))


def lines(content: bytes) -> list[dict[str, Any]]:
    """The records of an object, as DuckDB gets them."""
    text = b"".join(objects.cloudtrail(content, TAG).chunks)
    return [json.loads(line) for line in text.splitlines()]


def ids(content: bytes) -> list[object]:
    """The ids of an object's events."""
    return [line["event"].get("eventID") for line in lines(content)]


def test_records_become_tagged_lines() -> None:
    """Every line is one event with its account, region and object."""
    assert ids(GOOD) == ["event-1", "event-2"]
    assert lines(GOOD)[0] == {
        "_account": "100000000001",
        "_region": "eu-west-1",
        "_object": 7,
        "event": an_event(1),
    }


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"Records": [an_event()]}).encode(),
        compress(json.dumps({"Records": [an_event()]}, indent=2).encode()),
        compress(b'{"Records":[') + compress(json.dumps(an_event()).encode() + b"]}"),
        b"\xef\xbb\xbf" + json.dumps({"Records": [an_event()]}).encode(),
        a_delivery(an_event()) + bytes(512),
    ],
    ids=["plain", "pretty", "two gzip members", "byte order mark", "padded with zeros"],
)
def test_the_same_event_in_other_clothes(content: bytes) -> None:
    """Copies of logs are unpacked, printed prettily, or joined."""
    assert ids(content) == ["event-1"]


def test_no_records_are_no_lines() -> None:
    """CloudTrail may deliver an empty list."""
    assert lines(a_delivery()) == []


def test_an_event_without_fields_is_a_row_too() -> None:
    """Written and counted: nothing that was delivered is passed over."""
    content = b'{"Records":[{},{ },{"eventID":"event-1"}]}'
    assert ids(content) == [None, None, "event-1"]
    assert objects.cloudtrail(content, TAG).rows == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (GOOD[:-20], "truncated"),
        (GOOD[:5], "truncated"),
        (b"\x1f\x8bnonsense", "gzip"),
        (b"hello", "not valid JSON"),
        (b'{"Records":' + b"[" * 100_000, "nested too deeply"),
        (b'{"Records":[{"a":' + b"[" * 100_000, "nested too deeply"),
        (b'{"other":' + b"[" * 100_000, "nested too deeply"),
        (b'\n{"a":' + b"[" * 100_000, "nested too deeply"),
        (compress(b'{"Records":[{"a":1}'), "not valid JSON"),
        (compress(b'{"Records":[{"a":"\xff"}]}'), "not UTF-8: byte 18"),
        (b" " * (2**20 - 1) + "\u00e9".encode() + b"\xff", "not UTF-8: byte 1048577"),
        (b" " * (2**20 - 1) + b"\xc3", "not UTF-8: byte 1048575"),
        (b'{"Records":[{"a":"' + b"a" * 2**22 + b'"}]}', "a record of more than 4,194,304 bytes"),
        (compress(b'{"Records":[1]}'), "not an object"),
        (compress(b'{"Records":{}}'), "not a CloudTrail delivery"),
        (compress(b"[]"), "not a CloudTrail delivery"),
        (compress(b'{"configurationItems":[]}'), "not a CloudTrail delivery"),
        (compress(b'{"digestStartTime":"x","logFiles":[]}'), "digest"),
        (GOOD + b"more", "data after the end of the gzip stream"),
        (GOOD + b"more than a header of gzip has", "data after the end of the gzip stream"),
        (b'{"Records":[{"a":1}],"Records":[{"a":2}]}', "more than its one list"),
        (b'{"Records":[{"a":1}], "Records":[{"a":1},{"a":2}]}', "more than its one list"),
        (b'{"Records":[],"other":1}', "more than its one list"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, reason: str) -> None:
    """Each damage has a reason of its own."""
    with pytest.raises(LogFileError, match=reason):
        objects.cloudtrail(content, TAG, closely=True)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (r"\ud800", "\ufffd"),
        (r"a\uDFFFb", "a\ufffdb"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\ud800\ud800", "\\ud800\ufffd"),
        (r"\"\ud800 \\", '"\ufffd \\'),
    ],
)
@pytest.mark.parametrize("around", [b"", b"\n"], ids=["", "pretty"])
def test_half_a_character_does_not_hide_a_delivery(told: str, meant: str, around: bytes) -> None:
    """Whoever makes a call may name it so; the rest of the delivery is as it was."""
    event = b'{"eventID":"event-1","userAgent":"' + told.encode() + b'"}'
    content = b'{"Records":[' + around + event + b',{"eventID":"event-2"}]}'
    assert [line["event"] for line in lines(content)] == [
        {"eventID": "event-1", "userAgent": meant},
        {"eventID": "event-2"},
    ]


def a_list_of(record: bytes, size: int) -> bytes:
    return b'{"Records":[' + b",".join([record] * (size // (len(record) + 1))) + b"]}"


@pytest.mark.parametrize("record", [b"{}", b'{"a":1}', b'{"a":{},"b":[{},{}]}'])
@pytest.mark.parametrize("size", [objects._SMALL // 2, objects._SMALL * 2], ids=["small", "large"])
def test_more_records_than_events_have_room_are_refused(record: bytes, size: int) -> None:
    """Each takes as much memory as an event; the list is packed to nearly nothing."""
    with pytest.raises(LogFileError, match=r"holds more than [0-9,]+ records"):
        objects.cloudtrail(a_list_of(record, size), TAG)


def test_too_many_records_are_counted_before_they_are_held() -> None:
    """The memory for them is not taken: 16 MB of text, and not thirty times as much."""
    content = a_list_of(b"{}", 16_000_000)
    tracemalloc.start()
    with pytest.raises(LogFileError, match="holds more than"):
        objects.cloudtrail(content, TAG)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16_000_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (a_list_of(b"1", objects._SMALL * 2), "a record that is not an object"),
        (b'{"a":[' + b"{}," * objects._SMALL + b"{}]}", "no list Records"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(600_000)) + b"}", "no list Records"),
    ],
    ids=["numbers", "another-list", "keys"],
)
def test_a_large_object_without_events_is_refused_as_such(text: bytes, reason: str) -> None:
    """Nor is anything else of it held."""
    with pytest.raises(LogFileError, match=reason):
        objects.cloudtrail(text, TAG)


def test_a_large_object_of_events_is_whole() -> None:
    event = json.dumps(an_event(1), separators=(",", ":")).encode()
    content = a_list_of(event, objects._SMALL * 2)
    found = objects.cloudtrail(content, TAG)
    assert found.rows == content.count(b"eventID") > 10_000
    assert found.size == len(content)


def test_a_small_file_cannot_fill_the_memory() -> None:
    """A gzip bomb is refused when it passes the limit."""
    with pytest.raises(LogFileError, match="unpacks to more than 1,000 bytes"):
        objects.cloudtrail(compress(b" " * 5_000), TAG, 1_000)
    with pytest.raises(LogFileError, match="more than 1,000 bytes"):
        objects.cloudtrail(b" " * 5_000, TAG, 1_000)


def test_an_object_is_bounded_where_no_delivered_one_comes() -> None:
    """300 MB of nothing are 300 kB when they are packed."""
    bomb = compress(b" " * 1_000_000) * 300
    with pytest.raises(LogFileError, match="unpacks to more than 268,435,456 bytes"):
        objects.cloudtrail(bomb, TAG)
