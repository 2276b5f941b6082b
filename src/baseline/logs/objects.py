"""One log object: opened, checked, and of CloudTrail brought into lines that DuckDB reads fast.

CloudTrail delivers ``{"Records":[…]}``. Cutting that into one record a line, unparsed, and letting
DuckDB read the lines is several times faster than letting either of the two do all of it.

What only DuckDB would notice, a record of another shape, is left to it: AWS delivers none. Who asks
``closely``, once DuckDB has refused some, pays for a look at each line, and is told which.
"""

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from isal import igzip, igzip_lib, isal_zlib

from baseline.errors import LogFileError
from baseline.logs import schema

# No delivered object comes near it; a small file that unpacks to more is an attack on the reader.
LARGEST = 256 * 1024**2
# Nearly all stay below it; a larger one is unpacked alone, so that memory does not grow with cores.
ORDINARY = 32 * 1024**2
_LARGE = threading.Lock()
_GZIP = b"\x1f\x8b"
_ONE_MEMBER = 31  # of gzip, as zlib counts the bits of a window
# Records that are written at a time, so that a large object is not copied whole.
_BATCH = 2_000
_BRACE = ord("{")

T = TypeVar("T")


class TooLargeError(LogFileError):
    """The text of an object passes the limit that was given."""


class _Delivery(msgspec.Struct):
    Records: list[msgspec.Raw]


_DELIVERY = msgspec.json.Decoder(_Delivery)
_ANYTHING = msgspec.json.Decoder(dict[str, msgspec.Raw])


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
    text = unpack(content, limit).removeprefix(b"\xef\xbb\xbf")
    if b"\n" in text:
        text = _one_line(text)
    records = _records(text)
    if closely and not all(memoryview(record)[0] == _BRACE for record in records):
        raise LogFileError("holds a record that is not an object")
    return Lines(_tagged(records, tag), len(records), len(text))


def flow_fields(text: bytes) -> list[str]:
    """The fields that the header of an unpacked flow log names, in order; raises LogFileError."""
    fields = text.partition(b"\n")[0].decode().split()
    known = {column.field for column in schema.FLOWLOGS} | {"region"}
    if not set(fields) & known:
        raise LogFileError("has no header of flow log fields in its first line")
    return fields


def _gunzip(content: bytes, limit: int) -> bytes:
    with suppress(isal_zlib.error):  # type: ignore[arg-type]  # the stub has an instance
        member = isal_zlib.decompressobj(wbits=_ONE_MEMBER)
        text: bytes = member.decompress(content, limit + 1)
        if len(text) > limit or (member.eof and not member.unused_data):
            return text
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
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise LogFileError(f"is not UTF-8: byte {error.start}") from None


def _one_line(text: bytes) -> bytes:
    try:
        return msgspec.json.format(text, indent=-1)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _not_json(error) from None


def _records(text: bytes) -> list[msgspec.Raw]:
    try:
        return _DELIVERY.decode(text).Records
    except msgspec.ValidationError:
        raise _foreign(text) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise _not_json(error) from None


def _not_json(error: Exception) -> LogFileError:
    if isinstance(error, RecursionError):
        return LogFileError("is JSON nested too deeply")
    return LogFileError(f"is not valid JSON: {error}")


def _foreign(text: bytes) -> LogFileError:
    try:
        keys = _ANYTHING.decode(text).keys()
    except (msgspec.DecodeError, RecursionError):
        keys = {}.keys()
    if "digestStartTime" in keys:
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
