"""Where log objects lie: a bucket, or a directory that holds what a bucket holds."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Protocol

from baseline.errors import AwsError, LogFileError, UsageError
from baseline.logs import layout

if TYPE_CHECKING:
    from baseline.sessions import Fetched, Reader, Session

NO_BUCKET = "NoSuchBucket"
_NO_KEY = "NoSuchKey"


class MissingError(LogFileError):
    """There is no such object."""


@dataclass(frozen=True, order=True)
class Stored:
    """An object as its source lists it.

    ``tag`` changes when, and only when, the content does; empty where it takes reading.
    """

    key: str
    tag: str
    size: int


class Source(Protocol):
    """Something that holds log objects under keys."""

    name: str
    prefix: str  # what stands before AWSLogs/ in every key, with its slash
    at_once: int  # objects to read at the same time: a network keeps waiting, a disk does not

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``."""

    def objects(self, prefix: str) -> list[Stored]:
        """All objects below ``prefix``."""

    def read(self, key: str) -> bytes:
        """The object's bytes; raises LogFileError or an AwsError."""


def tag_of(content: bytes) -> str:
    """The tag of what has none: its MD5, which S3 uses too, unless KMS encrypts the object."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Original(Source, Protocol):
    """A source whose objects can be held against what AWS says that it delivered."""

    bucket: str  # empty for a copy, of which nobody knows

    def fetch(self, key: str) -> "Fetched":
        """The object with its metadata; raises MissingError or what ``read`` raises."""

    def beside(self, bucket: str) -> "Original":
        """The source of another bucket's objects; of a copy it is the copy itself."""


class Bucket:
    """Objects in S3 below ``s3://name/prefix``."""

    at_once = 8

    def __init__(
        self, client: Any, bucket: str, prefix: str = "", reader: "Reader | None" = None
    ) -> None:
        from baseline.sessions import Reader  # noqa: PLC0415  # botocore is slow to import

        self._client = client
        self._reader = reader or Reader(client)
        self.bucket = bucket
        self.prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self.name = f"s3://{bucket}/{self.prefix}"

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``."""
        return [
            found["Prefix"][len(prefix) :].rstrip("/")
            for page in self._pages(Prefix=prefix, Delimiter="/")
            for found in page.get("CommonPrefixes", ())
        ]

    def objects(self, prefix: str) -> list[Stored]:
        """All objects below ``prefix``; the tag is S3's."""
        return [
            Stored(found["Key"], found["ETag"].strip('"'), found["Size"])
            for page in self._pages(Prefix=prefix)
            for found in page.get("Contents", ())
            if not found["Key"].endswith("/")
        ]

    def first(self, prefix: str) -> str:
        """The key of the first object below ``prefix``; empty when there is none."""
        return next(iter(self.some(prefix, 1)), "")

    def some(self, prefix: str, most: int = 1000) -> list[str]:
        """The keys of the first objects below ``prefix``, as many as one call gives."""
        answer = self._client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=most)
        return [found["Key"] for found in answer.get("Contents", ())]

    def read(self, key: str) -> bytes:
        """The object's bytes; raises MissingError or an AwsError."""
        return self.fetch(key).content

    def fetch(self, key: str) -> "Fetched":
        """The object with its metadata; raises MissingError or an AwsError."""
        try:
            return self._reader.get(self.bucket, key)
        except AwsError as error:
            if error.code == _NO_KEY:
                where = f"s3://{self.bucket}/{key}"
                raise MissingError("there is no such object", where=where) from None
            raise

    def beside(self, bucket: str) -> "Bucket":
        """The same for another bucket, whose keys are given whole."""
        return self if bucket == self.bucket else Bucket(self._client, bucket, reader=self._reader)

    def _pages(self, **parameters: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        try:
            yield from pages.paginate(Bucket=self.bucket, **parameters)
        except AwsError as error:
            if error.code != NO_BUCKET:
                raise
            raise AwsError(
                "there is no such bucket",
                code=error.code,
                where=f"s3://{self.bucket}",
                remedy="Check the name; the central buckets are made by: baseline rollout deploy",
            ) from error


class Directory:
    """Files below a directory, whose paths are the keys."""

    prefix = ""
    bucket = ""
    at_once = 1

    def __init__(self, path: Path) -> None:
        self._path = path
        self._real = path.resolve()
        self._holds = cache(self._holds_really)
        self.name = str(path)
        if not path.is_dir():
            what = "is not a directory" if path.exists() else "there is no such directory"
            raise UsageError(what, where=self.name, remedy=_WANTED)
        if not (path / layout.ROOT).is_dir():
            raise UsageError(f"holds no {layout.ROOT}", where=self.name, remedy=_WANTED)

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``."""
        return sorted(entry.name for entry in self._scan(prefix) if _is_folder(entry))

    def objects(self, prefix: str) -> list[Stored]:
        """All files below ``prefix``, without a tag; and links to nothing, as reading them says."""
        found: list[Stored] = []
        for entry in sorted(self._scan(prefix), key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                found += self.objects(f"{prefix}{entry.name}/")
            elif (size := _size(entry)) is not None:
                found.append(Stored(prefix + entry.name, "", size))
        return found

    def read(self, key: str) -> bytes:
        """The file's bytes; raises LogFileError, also for a link out of the directory."""
        with self._opened(key) as file:
            return file.read()

    def fetch(self, key: str) -> "Fetched":
        """The file, with the metadata that some copiers keep as extended attributes."""
        from baseline.sessions import Fetched  # noqa: PLC0415  # botocore is slow to import

        return Fetched(self.read(key), _attributes(self._path / key))

    def beside(self, bucket: str) -> "Directory":  # noqa: ARG002  # a copy may be of several buckets
        """This directory: several buckets may have been copied into it."""
        return self

    def _scan(self, prefix: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(self._path / prefix) as entries:
                return list(entries)
        except OSError as error:
            raise LogFileError(
                f"cannot be listed: {error.strerror}", where=str(self._path / prefix)
            ) from None

    @contextmanager
    def _opened(self, key: str) -> Iterator[BufferedReader]:
        path = self._path / key
        if not self._holds(path if path.is_symlink() else path.parent):
            raise LogFileError("is a link out of the directory", where=key)
        try:
            with path.open("rb") as file:
                yield file
        except FileNotFoundError:
            raise MissingError("there is no such file", where=key) from None
        except OSError as error:
            raise LogFileError(f"cannot be read: {error.strerror}", where=key) from None

    def _holds_really(self, path: Path) -> bool:
        """Whether no link leads out of the directory; asked once for each folder."""
        # ``resolve`` raises for a link to itself.
        return Path(os.path.realpath(path)).is_relative_to(self._real)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _size(entry: "os.DirEntry[str]") -> int | None:
    """The size of a file, 0 of a link to nothing; None for what is no file, or is gone again."""
    try:
        status = entry.stat()
    except OSError:
        return 0 if entry.is_symlink() else None
    return status.st_size if S_ISREG(status.st_mode) else None


def _attributes(path: Path) -> dict[str, str]:
    """Metadata as ``rclone copy --metadata`` keeps it; empty where the system has no such thing."""
    if not hasattr(os, "listxattr"):
        return {}
    try:
        names = [name for name in os.listxattr(path) if name.startswith(_ATTRIBUTE)]
        return {n.removeprefix(_ATTRIBUTE): os.getxattr(path, n).decode() for n in names}
    except (OSError, UnicodeDecodeError):
        return {}


_ATTRIBUTE = "user."
_WANTED = f"Give a directory, or s3://bucket/prefix, that holds {layout.ROOT}ACCOUNT/CloudTrail/…"


def open_source(text: str, session: "Session | None" = None) -> Original:
    """The source that ``text`` names: ``s3://bucket[/prefix]`` or a directory.

    A bucket needs a session. Raises UsageError when there is no such directory, or it holds no
    ``AWSLogs/``.
    """
    if not text.startswith("s3://"):
        return Directory(Path(text))
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    if not bucket or session is None:
        raise UsageError("names no bucket", where=text, remedy=_WANTED)
    return Bucket(session.client("s3"), bucket, prefix)
