"""New objects of one day that become one file, and what came of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from baseline.logs.layout import Folder, identity, read_key
from baseline.logs.manifest import Known, Part
from baseline.logs.objects import Tag
from baseline.logs.source import Stored, tag_of


@dataclass(frozen=True)
class New:
    """An object to read. ``former`` is what the lake has of an earlier content of it."""

    stored: Stored
    folder: Folder
    number: int
    former: Known | None = None

    @property
    def key(self) -> str:
        """The key from ``AWSLogs/`` on."""
        return identity(self.stored.key)

    @property
    def tag(self) -> Tag:
        """What its rows carry."""
        return Tag(self.folder.account, self.folder.region, self.number)

    def tagged(self, content: bytes) -> "New":
        """The same with the tag of its content, where the source gave none."""
        if self.stored.tag:
            return self
        return replace(self, stored=replace(self.stored, tag=tag_of(content)))

    @property
    def is_log(self) -> bool:
        """Whether it is named like a log object."""
        key = read_key(self.stored.key)
        return bool(key and key.is_log)


@dataclass(frozen=True)
class Batch:
    """New objects of one day of one table that become one file, and the files it replaces."""

    table: str
    date: str
    new: tuple[New, ...]
    absorbed: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """Always the same for the same content, so that doing it again overwrites."""
        parts = [part.path for part in self.absorbed]
        objects = sorted(f"{new.key} {new.stored.tag}" for new in self.new)
        # Of objects that could not be read nothing is left but their day.
        content = [self.table, self.date, *objects, *parts]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


Contents = Sequence[tuple[New, bytes]]


@dataclass
class Result:
    """Rows of the good objects and reasons of the bad, both by object number.

    ``total`` counts the rows of the whole file, ``text_bytes`` what was unpacked.
    """

    rows: dict[int, int] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    total: int = 0
    text_bytes: int = 0

    def replaced(self, contents: Contents) -> frozenset[int]:
        """The objects of older files whose rows give way to those of a good object."""
        good = (new.former for new, _ in contents if new.number in self.rows)
        return frozenset(former.id for former in good if former)


@dataclass(frozen=True)
class Absorbed:
    """Files that a new one replaces, and the objects in them whose rows are dropped."""

    paths: Sequence[Path]
    without: frozenset[int]
