"""S3 keys of CloudTrail and VPC flow logs, and what they say: account, region, date, kind.

::

    AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/….json.gz
    AWSLogs/[o-…/]ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/….json.gz        never a log
    AWSLogs/[o-…/]ACCOUNT/CloudTrail-Insight/REGION/YYYY/MM/DD/….json.gz       never a log
    AWSLogs/ACCOUNT/vpcflowlogs/REGION/YYYY/MM/DD/[HH/]….log.gz
    AWSLogs/aws-account-id=ACCOUNT/aws-service=vpcflowlogs/aws-region=REGION/
        year=YYYY/month=MM/day=DD/[hour=HH/]….log.gz

Sources: "Getting and viewing your CloudTrail log files", "CloudTrail digest file structure", "Flow
log files" (AWS documentation). Pure: nothing is read here.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

ROOT = "AWSLogs/"


class Kind(StrEnum):
    """What a folder holds; the value is the folder's own name."""

    CLOUDTRAIL = "CloudTrail"
    DIGEST = "CloudTrail-Digest"
    INSIGHT = "CloudTrail-Insight"
    FLOWLOGS = "vpcflowlogs"

    @property
    def table(self) -> str:
        """The table in the schema ``auditing``; empty for what is never a log."""
        return _TABLES.get(self, "")


_TABLES = {Kind.CLOUDTRAIL: "cloudtrail", Kind.FLOWLOGS: "flowlogs"}
TABLES = tuple(_TABLES.values())

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
# What each level below the account may be called, in the default and the hive-compatible form.
_LEVELS = (
    ("account", "aws-account-id", r"\d{12}"),
    ("kind", "aws-service", "|".join(re.escape(kind) for kind in Kind)),
    ("region", "aws-region", r"[a-z]{2,4}(?:-[a-z]+)+-\d+"),
    ("year", "year", r"20\d{2}"),
    ("month", "month", r"0[1-9]|1[0-2]"),
    ("day", "day", r"0[1-9]|[12]\d|3[01]"),
)
_HOUR = re.compile(r"(?:hour=)?(?:[01]\d|2[0-3])")
_ENDINGS = {
    Kind.CLOUDTRAIL: (".json.gz", ".json"),
    Kind.FLOWLOGS: (".log.gz", ".log", ".parquet"),
}


@dataclass(frozen=True, order=True)
class Folder:
    """A folder on the way to a day's objects; levels not reached yet are empty.

    ``prefix`` is what stands before ``AWSLogs/`` (a trail's own key prefix), with its slash.
    """

    account: str = ""
    kind: str = ""
    region: str = ""
    year: str = ""
    month: str = ""
    day: str = ""
    organization: str = ""
    hive: bool = False
    prefix: str = ""

    @property
    def path(self) -> str:
        """The key prefix of the folder, ending in a slash."""
        parts = [self.organization] if self.organization else []
        for name, hive_name, _ in _LEVELS:
            value = getattr(self, name)
            if not value:
                break
            parts.append(f"{hive_name}={value}" if self.hive else value)
        return self.prefix + ROOT + "".join(f"{part}/" for part in parts)

    @property
    def date(self) -> str:
        """``YYYY-MM-DD``, or as much of it as is reached."""
        return "-".join(part for part in (self.year, self.month, self.day) if part)

    @property
    def complete(self) -> bool:
        """Whether it is the folder of one day."""
        return bool(self.day)

    @property
    def table(self) -> str:
        """The table that its objects belong to; empty when there is none."""
        return Kind(self.kind).table if self.kind else ""


@dataclass(frozen=True, order=True)
class Key:
    """One object's key. ``name`` is what follows the day's folder, an hour's folder included."""

    folder: Folder
    name: str

    def __str__(self) -> str:
        return self.folder.path + self.name

    @property
    def is_log(self) -> bool:
        """Whether it can be a log object: not a digest, not hidden, and it ends like one.

        Athena skips what begins with an underscore or a dot; so do we.
        """
        base = self.name.rpartition("/")[2]
        endings = _ENDINGS.get(Kind(self.folder.kind), ())
        return not base.startswith(("_", ".")) and base.endswith(endings)


@dataclass(frozen=True)
class Selection:
    """Which logs are wanted; empty means all. Days are ``YYYY-MM-DD``, both ends included.

    ``kinds`` names folders of any kind, digests too; when it is empty, ``tables`` counts.
    """

    accounts: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)
    since: str = ""
    until: str = ""
    tables: frozenset[str] = frozenset(TABLES)
    kinds: frozenset[str] = field(default_factory=frozenset)

    def admits(self, folder: Folder) -> bool:
        """Whether something wanted can be in, or below, ``folder``."""
        reached = folder.date
        return (
            (not folder.account or not self.accounts or folder.account in self.accounts)
            and (not folder.kind or self._admits_kind(folder))
            and (not folder.region or not self.regions or folder.region in self.regions)
            and reached >= self.since[: len(reached)]
            and (not self.until or reached <= self.until[: len(reached)])
        )

    def _admits_kind(self, folder: Folder) -> bool:
        return folder.kind in self.kinds if self.kinds else folder.table in self.tables


@lru_cache(maxsize=1024)  # a day's objects lie in few folders
def read_folder(path: str) -> Folder | None:
    """The folder that ``path`` names; None when no log folder is called so."""
    prefix, root, rest = _split(path)
    if not root:
        return None
    parts = rest.removesuffix("/").split("/") if rest else []
    organization = parts.pop(0) if parts and _ORGANIZATION.fullmatch(parts[0]) else ""
    hive = bool(parts) and "=" in parts[0]
    if len(parts) > len(_LEVELS):
        return None
    found = {}
    for part, (name, hive_name, pattern) in zip(parts, _LEVELS, strict=False):
        value = part.removeprefix(f"{hive_name}=") if hive else part
        if (hive and value == part) or not re.fullmatch(pattern, value, re.ASCII):
            return None
        found[name] = value
    folder = Folder(**found, organization=organization, hive=hive, prefix=prefix)
    return folder if not folder.complete or _is_day(folder.date) else None


def _is_day(text: str) -> bool:
    """Whether there is such a day: there is no 2026-02-30."""
    with suppress(ValueError):
        date.fromisoformat(text)
        return True
    return False


def read_key(key: str) -> Key | None:
    """What ``key`` says; None when it does not lie in the folder of a day."""
    path, _, name = key.rpartition("/")
    hour = path.rpartition("/")[2]
    folder = read_folder(path + "/")
    if folder is None and _HOUR.fullmatch(hour):
        folder = read_folder(path.rpartition("/")[0] + "/")
        name = f"{hour}/{name}"
    return Key(folder, name) if folder and folder.complete and name else None


def below(folder: Folder, names: Iterator[str] | list[str], wanted: Selection) -> list[Folder]:
    """The folders called ``names`` directly in ``folder`` in which wanted logs can be."""
    found = (read_folder(f"{folder.path}{name}/") for name in names)
    return [child for child in found if child and wanted.admits(child)]


def is_text(name: str) -> bool:
    """Whether a name is UTF-8: bytes of a file system that are none are half characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def identity(key: str) -> str:
    """The part of a key that stays when a bucket is copied elsewhere: from ``AWSLogs/`` on."""
    _, root, rest = _split(key)
    return root + rest


def _split(path: str) -> tuple[str, str, str]:
    """What stands before ``AWSLogs/``, ``AWSLogs/`` itself, and what follows."""
    at = 0 if path.startswith(ROOT) else path.find("/" + ROOT) + 1
    if at == 0 and not path.startswith(ROOT):
        return path, "", ""
    return path[:at], ROOT, path[at + len(ROOT) :]
