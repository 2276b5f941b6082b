"""One log object: opened, checked, and of CloudTrail brought into lines that DuckDB reads fast.

CloudTrail delivers ``{"Records":[…]}``. Cutting that into one record a line, unparsed, and letting
DuckDB read the lines is several times faster than letting either of the two do all of it.

What only DuckDB would notice, a record of another shape, is left to it: AWS delivers none. Who asks
``closely``, once DuckDB has refused some, pays for a look at each line, and is told which.
"""

import codecs
import io
import os
import re
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import msgspec
from isal import igzip, igzip_lib, isal_zlib

from baseline.errors import LogFileError
from baseline.logs import schema

# No delivered object comes near it; a small file that unpacks to more is an attack on the reader.
LARGEST = 256 * 1024**2
# Nearly all stay below it; a larger one is unpacked alone, so that memory does not grow with cores.
ORDINARY = 32 * 1024**2
# Fifteen times what CloudTrail allows an event.
LARGEST_RECORD = 4 * 1024**2
_LARGE = threading.Lock()
# Held while objects are read and brought into lines, most of which is Python's work: threads that
# fight for the interpreter need 6 % more. Converting, twice as long, is DuckDB's and needs no turn.
TURN = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))
_GZIP = b"\x1f\x8b"
_ONE_MEMBER = 31  # of gzip, as zlib counts the bits of a window
# Records that are written at a time, so that a large object is not copied whole.
_BATCH = 2_000
_BRACE = ord("{")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Many times what the names of all fields of flow logs take.
_LONGEST_HEADER = 32_768
# Half of what the names of the fields take that every event has. A record costs us as much again,
# so that with smaller ones a few kilobytes, packed, could fill the memory.
_LEAST = 100
# So many may be smaller, and are never too many for the memory, nor are those of a small text.
_FEW = 10_000
# Of a text of more than ASCII Python makes another of four times its size.
_PIECE = 1024**2
_SMALL = 4 * 1024**2
# An escape of JSON. It has a group when it is half of a character that takes two.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)

T = TypeVar("T")


class TooLargeError(LogFileError):
    """The text of an object passes the limit that was given."""


class _Delivery(msgspec.Struct):
    Records: list[msgspec.Raw]


class _Digest(msgspec.Struct):
    digestStartTime: msgspec.Raw  # noqa: N815  # CloudTrail's name


_DELIVERY = msgspec.json.Decoder(_Delivery)
_DIGEST = msgspec.json.Decoder(_Digest)
# Of a delivery with nothing but its records.
_AROUND = len('{"Records":[]}')


@dataclass(frozen=True)
class Tag:
    """What every row of one object carries: where it came from."""

    account: str
    region: str
    number: int


@dataclass(frozen=True)
class Lines:
    """The events of one object as lines; ``size`` is that of its text."""

    chunks: Iterator[bytes]
    rows: int
    size: int


@contextmanager
def opened(read: Callable[[int], T]) -> Iterator[T]:
    """What ``read`` makes of one object that unpacks to no more than so many bytes.

    Of all threads only one has a large object open.
    """
    found = None
    # What was unpacked of a large one goes with its error, before it is unpacked again.
    with suppress(TooLargeError):
        found = read(ORDINARY)
    if found is not None:
        yield found
        return
    with _LARGE:
        yield read(LARGEST)


def unpack(content: bytes, limit: int = LARGEST) -> bytes:
    """The text of an object, gzipped or not; raises LogFileError with the reason."""
    if not content:
        raise LogFileError("is empty")
    if content.startswith(_GZIP):
        content = _gunzip(content, limit)
    if len(content) > limit:
        raise TooLargeError(f"unpacks to more than {limit:,} bytes")
    if not content.isascii():
        _check_utf8(content)
    return content


def cloudtrail(content: bytes, tag: Tag, limit: int = LARGEST, *, closely: bool = False) -> Lines:
    """One record a line, tagged; raises LogFileError when it is no CloudTrail delivery."""
    text = unpack(content, limit).removeprefix(_BYTE_ORDER_MARK)
    if b"\n" in text:
        text = _one_line(text)
    records = _records(text)
    if closely and not all(memoryview(record)[0] == _BRACE for record in records):
        raise LogFileError("holds a record that is not an object")
    return Lines(_tagged(records, tag), len(records), len(text))


def flow_fields(text: bytes) -> list[str]:
    """The fields that the header of an unpacked flow log names, in order; raises LogFileError."""
    header = io.BytesIO(text).readline(_LONGEST_HEADER + 1)
    if len(header) > _LONGEST_HEADER:
        raise LogFileError(f"has a first line of more than {_LONGEST_HEADER:,} bytes")
    fields = header.removeprefix(_BYTE_ORDER_MARK).decode().split()
    known = {column.field for column in schema.FLOWLOGS} | {"region"}
    if not set(fields) & known:
        raise LogFileError("has no header of flow log fields in its first line")
    return fields


def _gunzip(content: bytes, limit: int) -> bytes:
    with suppress(isal_zlib.error):  # type: ignore[arg-type]  # the stub has an instance
        member = isal_zlib.decompressobj(wbits=_ONE_MEMBER)
        text: bytes = member.decompress(content, limit + 1)
        rest = member.unused_data
        if len(text) > limit or (member.eof and not rest):
            return text
        # Zeros are allowed there, and another member.
        if rest.strip(b"\0") and not rest.startswith(_GZIP):
            raise LogFileError("has data after the end of the gzip stream")
    return _gunzip_members(content, limit)


def _gunzip_members(content: bytes, limit: int) -> bytes:
    """Three times as slow, and what reads every gzip member and notices a truncated end."""
    try:
        text: bytes = igzip.GzipFile(fileobj=io.BytesIO(content)).read(limit + 1)
    except EOFError:
        raise LogFileError("is truncated: the gzip stream ends too early") from None
    except (OSError, igzip_lib.error) as error:  # type: ignore[misc]  # the stub has an instance
        raise LogFileError(f"is not valid gzip: {error}") from None
    return text


def _check_utf8(content: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(content), _PIECE):
        end = at + _PIECE
        start = at - len(decoder.getstate()[0])
        try:
            decoder.decode(content[at:end], final=end >= len(content))
        except UnicodeDecodeError as error:
            raise LogFileError(f"is not UTF-8: byte {start + error.start}") from None


def _one_line(text: bytes) -> bytes:
    return _understood(text, _compact)


def _records(text: bytes) -> list[msgspec.Raw]:
    return _understood(text, _delivered)


def _understood(text: bytes, read: Callable[[bytes], T]) -> T:
    """What ``read`` makes of JSON, in which half a character counts as U+FFFD.

    Whoever makes a call may put one into the event: it does not hide what was delivered with it.
    """
    try:
        return read(text)
    except msgspec.ValidationError as error:
        raise _foreign(text, error) from None
    except RecursionError:
        raise LogFileError("is JSON nested too deeply") from None
    except msgspec.DecodeError as error:
        mended = _without_halves(text)
        if mended is None:
            raise LogFileError(f"is not valid JSON: {error}") from None
    return _understood(mended, read)


def _without_halves(text: bytes) -> bytes | None:
    """The text with whole characters only; None when it has no others."""
    mended, at = io.BytesIO(), 0
    for escape in _ESCAPE.finditer(text):
        if escape[1]:
            mended.write(memoryview(text)[at : escape.start()])
            mended.write(rb"\ufffd")
            at = escape.end()
    mended.write(memoryview(text)[at:])
    return mended.getvalue() if at else None


def _delivered(text: bytes) -> list[msgspec.Raw]:
    most = max(_FEW, len(text) // _LEAST)
    if len(text) > _SMALL:
        _count(text, most)
    records = _DELIVERY.decode(text).Records
    if len(records) > most:
        raise _too_many(most)
    sizes = array("Q", map(len, records))
    if max(sizes, default=0) > LARGEST_RECORD:
        raise LogFileError(f"holds a record of more than {LARGEST_RECORD:,} bytes")
    if len(text) == _AROUND + sum(sizes) + max(len(records) - 1, 0):
        return records
    del records
    compact = _compact(text)
    if len(compact) == len(text):
        raise LogFileError("holds more than its one list Records")
    return _delivered(compact)


def _compact(text: bytes) -> bytes:
    return msgspec.json.format(text, indent=-1)


def _count(text: bytes, most: int) -> None:
    """Raise LogFileError when there are more records; none of them is held meanwhile."""
    seen = count(1)

    class Event(msgspec.Struct, gc=False):
        def __post_init__(self) -> None:
            if next(seen) > most:
                raise _too_many(most)

    class Delivery(msgspec.Struct):
        Records: list[Event]

    msgspec.json.decode(text, type=Delivery)


def _too_many(most: int) -> LogFileError:
    return LogFileError(f"holds more than {most:,} records, too many to be events in so few bytes")


def _foreign(text: bytes, error: msgspec.ValidationError) -> LogFileError:
    if "$.Records[" in str(error):
        return LogFileError("holds a record that is not an object")
    with suppress(msgspec.DecodeError, RecursionError):
        _DIGEST.decode(text)
        return LogFileError("is a CloudTrail digest, not a log")
    return LogFileError("is JSON, but not a CloudTrail delivery: it has no list Records")


def _tagged(records: Sequence[msgspec.Raw], tag: Tag) -> Iterator[bytes]:
    """Each record as it is, in an object that says where it came from; joined many at a time."""
    start = b'{"_account":"%b","_region":"%b","_object":%d,"event":' % (
        tag.account.encode(),
        tag.region.encode(),
        tag.number,
    )
    between = b"}\n" + start
    for at in range(0, len(records), _BATCH):
        yield b"".join((start, between.join(records[at : at + _BATCH]), b"}\n"))
