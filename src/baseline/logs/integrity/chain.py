"""A chain of digests, followed from its newest back; pure, but for the ``Look`` that is passed in.

A digest that is not there or not right names no predecessor that could be believed: then the next
older one that was listed continues, as in ``aws cloudtrail validate-logs``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from baseline.logs.integrity import digest as digests
from baseline.logs.integrity.digest import Digest, Name
from baseline.logs.integrity.verdict import DIGEST, Checked, Verdict, place
from baseline.logs.layout import identity

# Digest and bucket, and the newer digest that led there.
Look = Callable[[str, str, Digest | None], "Link"]
# The digests of the chain that a bucket holds, oldest first.
Listing = Callable[[str], Sequence[Name]]


@dataclass(frozen=True)
class Link:
    """A digest that was looked at. ``digest`` is None when what it says does not count."""

    checked: Checked
    digest: Digest | None = None


@dataclass(frozen=True)
class Silence:
    """A period that no digest covers, because a new chain begins after it."""

    since: datetime
    until: datetime


def follow(bucket: str, since: datetime, listing: Listing, look: Look) -> Iterator[Link | Silence]:
    """All digests that cover what was delivered from ``since`` on, newest first."""
    older = list(listing(bucket))
    if not older:
        return
    key, reached = older[-1].key, older[-1].end
    newer: Digest | None = None
    while key and reached >= since:
        link = look(bucket, key, newer)
        newer = link.digest
        if newer is None:
            next_ = _before(older, key, reached)
            yield _with_period(link, next_, reached)
            key = next_.key if next_ else ""
            continue
        yield link
        reached = newer.start
        if newer.previous is None:
            next_ = _before(older, key, reached)
            if next_:
                yield Silence(next_.end, reached)
            key, newer = next_.key if next_ else "", None
            continue
        previous_bucket, key = newer.previous
        if bucket and previous_bucket != bucket:
            bucket = previous_bucket
            older = list(listing(bucket))


def judge(
    found: Digest, where: tuple[str, str], newer: Digest | None, public_key: bytes | None
) -> Link:
    """What is to be thought of a digest that lies at ``where``, bucket and key.

    Of a copy the bucket is empty; there a signature that was not copied along is taken from the
    newer digest, which repeats it.
    """
    bucket, key = where
    told = newer if newer and _names(newer, where) else None
    signature = found.signature
    if not signature and not bucket and told:
        signature = told.content.previous_digest_signature or ""

    def link(verdict: Verdict, reason: str = "", *, counts: bool = False) -> Link:
        checked = Checked(DIGEST, place(bucket, key), verdict, reason)
        return Link(checked, found if counts else None)

    if not _at_home(found, where):
        there = place(found.content.digest_s3_bucket, found.content.digest_s3_object)
        return link(Verdict.MOVED, f"was delivered as {there}")
    if public_key is None:
        fingerprint = found.content.digest_public_key_fingerprint
        return link(Verdict.WRONG_KEY, f"CloudTrail has no key {fingerprint} here for that time")
    if not signature and not bucket:
        return link(Verdict.UNPROVEN, "its signature was not copied along", counts=True)
    if not digests.is_signed(found, signature, public_key):
        return link(Verdict.CHANGED, "its signature does not hold")
    if told and told.content.previous_digest_hash_value not in (None, found.sha256):
        return link(Verdict.CHANGED, "is not the one that the next digest names")
    return link(Verdict.VALID, counts=True)


def _at_home(found: Digest, where: tuple[str, str]) -> bool:
    bucket, key = where
    stated = found.content.digest_s3_bucket, found.content.digest_s3_object
    return stated == where if bucket else identity(stated[1]) == identity(key)


def _names(newer: Digest, where: tuple[str, str]) -> bool:
    bucket, key = where
    if newer.previous is None:
        return False
    return newer.previous == where if bucket else identity(newer.previous[1]) == identity(key)


def _before(older: list[Name], key: str, reached: datetime) -> Name | None:
    """Take from the end of ``older`` down to the first that ends before the digest ``key``."""
    own = digests.name(key)
    end = own.end if own else reached
    while older:
        candidate = older.pop()
        if candidate.end < end:
            return candidate
    return None


def _with_period(link: Link, next_: Name | None, reached: datetime) -> Link:
    since = f"{next_.end:%Y-%m-%dT%H:%M:%SZ}" if next_ else "the beginning"
    reason = (
        f"{link.checked.reason}; from {since} to {reached:%Y-%m-%dT%H:%M:%SZ} nothing is proven"
    )
    return replace(link, checked=replace(link.checked, reason=reason))
