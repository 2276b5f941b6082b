"""Digest files: the chain of signed lists by which it shows that no log file was changed.

Structure, string to sign and hashes are those of the user guide's "CloudTrail digest file
structure" and "Custom implementations of CloudTrail log file integrity validation".
"""

import datetime as dt
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "SHA256withRSA"
_EXPONENT = 65537
_PRIME_BITS = 1024
_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


@dataclass(frozen=True)
class LogFile:
    """One delivered log file. ``sha256`` is of its content before compression, in hexadecimal."""

    key: str
    sha256: str
    oldest: dt.datetime
    newest: dt.datetime


@dataclass(frozen=True)
class Link:
    """A written digest, as the next one refers to it."""

    bucket: str
    key: str
    sha256: str
    signature: str
    end: dt.datetime


@dataclass(frozen=True)
class Digest:
    """A digest file about to be written: its content before compression, and its link."""

    content: bytes
    link: Link

    @property
    def metadata(self) -> dict[str, str]:
        """The object's metadata, in which the signature of a digest stands."""
        return {
            "x-amz-meta-signature": self.link.signature,
            "x-amz-meta-signature-algorithm": ALGORITHM,
        }


class SigningKey:
    """The key of the simulation's CloudTrail: drawn from the seed, since it protects nothing."""

    def __init__(self, seed: int) -> None:
        self._key = _draw(seed)
        public = self._key.public_key()
        self.public: bytes = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        self.fingerprint = hashlib.md5(self.public, usedforsecurity=False).hexdigest()

    def sign(self, text: str) -> str:
        """The signature in hexadecimal."""
        return self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()


@functools.cache
def signing_key(seed: int) -> SigningKey:
    """The key of that seed."""
    return SigningKey(seed)


def make(
    key: SigningKey,
    *,
    account_id: str,
    bucket: str,
    object_key: str,
    start: dt.datetime,
    end: dt.datetime,
    files: Sequence[LogFile],
    previous: Link | None,
) -> Digest:
    """The digest over ``files``; without ``previous`` it begins a chain."""
    said: dict[str, Any] = {
        "awsAccountId": account_id,
        "digestStartTime": _iso(start),
        "digestEndTime": _iso(end),
        "digestS3Bucket": bucket,
        "digestS3Object": object_key,
        "digestPublicKeyFingerprint": key.fingerprint,
        "digestSignatureAlgorithm": ALGORITHM,
        "newestEventTime": _iso(max(f.newest for f in files)) if files else None,
        "oldestEventTime": _iso(min(f.oldest for f in files)) if files else None,
        "previousDigestS3Bucket": previous.bucket if previous else None,
        "previousDigestS3Object": previous.key if previous else None,
        "previousDigestHashValue": previous.sha256 if previous else None,
        "previousDigestHashAlgorithm": "SHA-256" if previous else None,
        "previousDigestSignature": previous.signature if previous else None,
        "logFiles": [_entry(bucket, file) for file in files],
    }
    content = msgspec.json.encode(said)
    digest = hashlib.sha256(content).hexdigest()
    chained = previous.signature if previous else "null"
    signature = key.sign(f"{_iso(end)}\n{bucket}/{object_key}\n{digest}\n{chained}")
    return Digest(content, Link(bucket, object_key, digest, signature, end))


def _entry(bucket: str, file: LogFile) -> dict[str, str]:
    return {
        "s3Bucket": bucket,
        "s3Object": file.key,
        "hashValue": file.sha256,
        "hashAlgorithm": "SHA-256",
        "newestEventTime": _iso(file.newest),
        "oldestEventTime": _iso(file.oldest),
    }


def _iso(time: dt.datetime) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _draw(seed: int) -> rsa.RSAPrivateKey:
    random = Random(f"digests/{seed}")  # noqa: S311 - see SigningKey
    p, q = _prime(random), _prime(random)
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, p),
        dmq1=rsa.rsa_crt_dmq1(private, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    ).private_key()


def _prime(random: Random) -> int:
    # The two highest bits make the product full length; the last makes it odd.
    fixed = (3 << (_PRIME_BITS - 2)) | 1
    while True:
        candidate = random.getrandbits(_PRIME_BITS) | fixed
        small = any(candidate % divisor == 0 for divisor in _SMALL_PRIMES)
        if not small and candidate % _EXPONENT != 1 and pow(2, candidate - 1, candidate) == 1:
            return candidate
