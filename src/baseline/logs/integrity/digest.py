"""One digest: what its name says, what it holds, and whether its signature does.

Sources: "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file
integrity validation" (CloudTrail user guide).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from baseline.errors import LogFileError
from baseline.logs import objects
from baseline.logs.layout import Folder, Kind, read_key

if TYPE_CHECKING:
    from baseline.sessions import Fetched

_NAME = re.compile(
    r"\d{12}_CloudTrail-Digest_[a-z0-9-]+_(?P<trail>.+)_(?P<home>[a-z0-9-]+)"
    r"_(?P<end>20\d{6}T\d{6}Z)(?P<backfill>_backfill)?\.json\.gz",
    re.ASCII,
)
# A digest lists what was delivered within an hour; nearly all are a thousandth of it.
_LARGEST = 16 * 1024**2
# When a digest of late log files was signed; its own period may lie long before.
_GENERATED = "backfill-generation-timestamp"


@dataclass(frozen=True, order=True)
class Chain:
    """What one trail, whose home region is ``home``, digests of one account and region.

    Digests of log files that were late (``backfill``) are chained among themselves.
    """

    place: Folder
    trail: str
    home: str
    backfill: bool = False


@dataclass(frozen=True)
class Name:
    """A digest's key and what it says; ``end`` is the end of the period."""

    key: str
    chain: Chain
    end: datetime


class LogFile(msgspec.Struct, frozen=True, rename="camel"):
    """A log file as a digest lists it; the hash is that of the unpacked text, in hexadecimal."""

    s3_bucket: str
    s3_object: str
    hash_value: str


class _Content(msgspec.Struct, frozen=True, rename="camel"):
    digest_s3_bucket: str
    digest_s3_object: str
    digest_start_time: str
    digest_end_time: str
    digest_public_key_fingerprint: str
    previous_digest_signature: str | None
    log_files: list[LogFile]
    previous_digest_s3_bucket: str | None = None
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None


_CONTENT = msgspec.json.Decoder(_Content)


@dataclass(frozen=True)
class Digest:
    """One digest that could be read; its signature may not hold. ``signature`` is hexadecimal."""

    content: _Content
    sha256: str
    start: datetime
    end: datetime
    generated: datetime | None
    signature: str = ""

    @property
    def previous(self) -> tuple[str, str] | None:
        """Bucket and key of the digest before; None where a chain begins."""
        content = self.content
        if content.previous_digest_s3_bucket and content.previous_digest_s3_object:
            return content.previous_digest_s3_bucket, content.previous_digest_s3_object
        return None

    @property
    def to_sign(self) -> bytes:
        """What CloudTrail signed."""
        content = self.content
        return "\n".join(
            (
                content.digest_end_time,
                f"{content.digest_s3_bucket}/{content.digest_s3_object}",
                self.sha256,
                content.previous_digest_signature or "null",
            )
        ).encode()


def name(key: str) -> Name | None:
    """What ``key`` says; None when it is no digest's."""
    read = read_key(key)
    if read is None or read.folder.kind != Kind.DIGEST:
        return None
    found = _NAME.fullmatch(read.name)
    if found is None:
        return None
    folder = read.folder
    region = Folder(
        folder.account,
        folder.kind,
        folder.region,
        organization=folder.organization,
        prefix=folder.prefix,
    )
    try:
        end = datetime.strptime(found["end"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Name(key, Chain(region, found["trail"], found["home"], bool(found["backfill"])), end)


def read(fetched: "Fetched") -> Digest:
    """The digest in an object; raises LogFileError when it is none."""
    text = objects.unpack(fetched.content, _LARGEST)
    try:
        content = _CONTENT.decode(text)
        start, end = map(_time, (content.digest_start_time, content.digest_end_time))
        generated = fetched.metadata.get(_GENERATED)
        return Digest(
            content,
            hashlib.sha256(text).hexdigest(),
            start,
            end,
            _time(generated) if generated else None,
            fetched.metadata.get("signature", ""),
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise LogFileError(f"is no digest: {error}") from None


def is_signed(digest: Digest, signature: str, public_key: bytes) -> bool:
    """Whether ``signature``, in hexadecimal, was made over the digest with that RSA key (DER)."""
    try:
        key = load_der_public_key(public_key)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(bytes.fromhex(signature), digest.to_sign, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
