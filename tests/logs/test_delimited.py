"""Flow logs as text become tables, or a reason."""

import tracemalloc
from typing import Any

import pytest

from baseline.errors import LogFileError
from baseline.logs import delimited, objects


def rows(text: bytes) -> list[dict[str, Any]]:
    return [row for table in delimited.tables(text) for row in table.to_pylist()]


def test_fields_follow_the_header_and_have_the_names_of_the_columns() -> None:
    """A dash is nothing; a field that no column has is left out, the region of a record too."""
    text = b"tcp-flags region srcaddr unheard\n19 us-east-1 2001:db8::1 x\n- - - -\n"
    assert rows(text) == [
        {"tcp_flags": 19, "srcaddr": "2001:db8::1"},
        {"tcp_flags": None, "srcaddr": None},
    ]


def test_blanks_doubled_by_hand_do_not_shift_the_fields() -> None:
    """Nor do empty lines, or the line ends of Windows."""
    records = [{"version": 5, "srcaddr": "10.0.0.1"}, {"version": 5, "srcaddr": "10.0.0.2"}]
    assert rows(b"version srcaddr\n5 10.0.0.1\n\n5  10.0.0.2\n \n") == records
    assert rows(b"version srcaddr\r\n5 10.0.0.1\r\n5 10.0.0.2\r\n") == records
    assert rows(b"version  srcaddr\n5 10.0.0.1\n5\t10.0.0.2") == records


@pytest.mark.parametrize("text", [b"srcaddr", b"srcaddr\n", b"srcaddr\n\n", b"srcaddr\n \n\n"])
def test_a_header_alone_has_no_records(text: bytes) -> None:
    assert rows(text) == []


def test_a_line_may_be_longer_than_what_is_read_at_a_time() -> None:
    long = b"a" * 3_000_000
    assert [len(row["srcaddr"]) for row in rows(b"srcaddr\nx\n" + long + b"\ny\n")] == [
        1,
        len(long),
        1,
    ]


@pytest.mark.parametrize("neighbour", [b"", b"10.0.0.9 x ACCEPT\n", b"10.0.0.9  x ACCEPT\r\n"])
@pytest.mark.parametrize(
    "line", [b"10.0.0.1 x ", b" x ACCEPT", b"10.0.0.1  ACCEPT", b"10.0.0.1 x AC\rCEPT"]
)
def test_a_line_with_an_empty_field_is_refused_beside_any_other(
    line: bytes, neighbour: bytes
) -> None:
    """Also a field that no column has: nobody knows which of them is missing."""
    with pytest.raises(LogFileError, match="has not the 3 fields of the header"):
        rows(b"srcaddr unheard action\n" + neighbour + line + b"\n")


@pytest.mark.parametrize("neighbour", [b"", b"10.0.0.9  ACCEPT\r\n"])
@pytest.mark.parametrize("blank", [b"\t", b"\v", b"\f", b" \t "])
def test_a_blank_of_another_kind_is_a_blank_beside_any_other_line(
    blank: bytes, neighbour: bytes
) -> None:
    found = rows(b"srcaddr action\n" + neighbour + blank.join([b"", b"::1", b"ACCEPT", b"\n"]))
    assert found[-1] == {"srcaddr": "::1", "action": "ACCEPT"}


def test_a_byte_order_mark_is_not_part_of_the_first_field() -> None:
    """Some editors write one."""
    text = b"\xef\xbb\xbfversion srcaddr\n5 10.0.0.1\n"
    assert rows(text) == [{"version": 5, "srcaddr": "10.0.0.1"}]
    assert objects.flow_fields(text) == ["version", "srcaddr"]


def test_what_looks_like_a_hexadecimal_number_is_a_name() -> None:
    text = b"ecs-cluster-name bytes\n0x10 16\n"
    assert rows(text) == [{"ecs_cluster_name": "0x10", "bytes": 16}]


def test_a_million_short_lines_are_straightened_in_little_memory() -> None:
    """A few kilobytes unpack to many of them."""
    text = b"version\n" + b"5\n" * 1_999_999 + b" 5\r\n"
    tracemalloc.start()
    try:
        assert sum(table.num_rows for table in delimited.tables(text)) == 2_000_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"2 1 eni-1 10.0.0.1\n", "has no header"),
        (b"version srcaddr version\n5 10.0.0.1 5\n", "names a field twice"),
        (b"version srcaddr\n5 10.0.0.1\n5 10.0.0.1 x\n", "line 3 has not the 2 fields"),
        (b"version srcaddr\n5 10.0.0.1\n5\n", "line 3 has not the 2 fields"),
        (b"version srcaddr\n5 10.0.0.1\n five 10.0.0.2\n", "version is no number: 'five'"),
        (b"srcaddr bytes\nx 9223372036854775808\n", "bytes is no number: '9223372036854775808'"),
        (b"srcaddr bytes\nx 1.5\n", "bytes is no number: '1.5'"),
        (b"srcaddr bytes\nx 1_000\n", "bytes is no number: '1_000'"),
        (b"srcaddr bytes\nx 1\nx 0x10\n", "bytes is no number: '0x10'"),
        (b"srcaddr bytes\nx 0X10\n", "bytes is no number: '0X10'"),
        (b"srcaddr SRCADDR\n10.0.0.1 10.0.0.9\n", "names a field twice"),
        (b"srcaddr\n" + b"a" * (4 << 20) + b"\n", "line 2 is longer than 4,194,304 bytes"),
        (b"srcaddr " * 9_999, "has a first line of more than 32,768 bytes"),
    ],
)
def test_what_is_wrong_is_said(text: bytes, reason: str) -> None:
    with pytest.raises(LogFileError, match=reason):
        list(delimited.tables(text))


def test_the_line_is_named_also_far_into_an_object() -> None:
    """Though it is read in pieces."""
    text = b"version srcaddr\n" + b"5 10.0.0.1\n" * 300_000 + b"5\n"
    with pytest.raises(LogFileError, match="line 300002 has not the 2 fields of the header"):
        list(delimited.tables(text))
