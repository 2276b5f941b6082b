"""What a job on AWS Batch is told: one list in S3, and where in it and in the bucket a child looks.

::

    runs/STAMP/run.json                         the run, for whoever did not submit it
    runs/STAMP/NUMBER/list.json                 the list of one job
    runs/STAMP/NUMBER/results/ACCOUNT/TOOL.zip  what a tool wrote
    runs/STAMP/NUMBER/results/ACCOUNT/TOOL.json its entry; written last, so there or not there
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from baseline.audit.manifest import Entry, Run, Status
from baseline.errors import BaselineError, ToolError, UsageError

RUNS = "runs/"
# The largest array that AWS Batch takes [AWS Batch User Guide, "Service quotas"].
MOST = 10_000
SCHEMA = 1
_BLIND = UsageError("it looks at none of these services", remedy="Leave it out with --tool.")
_URL = re.compile(r"s3://([a-z0-9.-]+)/(runs/[^/]+/\d+)/list\.json")


@dataclass(frozen=True)
class Item:
    """One account, and the tools that are to look at it."""

    account_id: str
    account_name: str
    tools: tuple[str, ...]


@dataclass(frozen=True)
class WorkList:
    """Everything that a child needs to know; ``limit`` is in seconds a tool."""

    stamp: str
    role: str
    region: str
    limit: float
    items: tuple[Item, ...]
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    external_id: str | None = None
    tries: int = 2
    pause: float = 60.0
    schema: int = SCHEMA

    @property
    def longest(self) -> int:
        """The seconds that a child's tools may take, with all that is tried again.

        Beside the ``tries`` there is one more, alone, for what was ended for want of memory.
        """
        tools = max(len(item.tools) for item in self.items)
        tried = (self.tries + 1) * tools * self.limit + (self.tries - 1) * self.pause
        return math.ceil(tried)

    def run(self, index: int, versions: dict[str, str]) -> Run:
        """The run of the child ``index``; raises UsageError when the list has no such place."""
        if not 0 <= index < len(self.items):
            raise UsageError(f"the list has {len(self.items)} accounts and no place {index}")
        item = self.items[index]
        entries = tuple(
            Entry(item.account_id, item.account_name, tool, versions[tool])
            for tool in item.tools
            if tool in versions
        )
        return Run(self.stamp, "", self.role, self.regions, self.services, entries=entries)

    def blind(
        self, index: int, run: Run, refused: Mapping[str, BaselineError]
    ) -> tuple[Entry, ...]:
        """The entries of the child ``index`` that are not in its ``run``, and why.

        A tool was ``refused``, or looks at nothing that was asked for.
        """
        looking = {entry.tool for entry in run.entries}
        item = self.items[index]
        return tuple(
            Entry(
                item.account_id,
                item.account_name,
                tool,
                "",
                status=Status.NOT_LOOKED,
                reason=(why := refused.get(tool, _BLIND)).what,
                remedy=why.remedy,
            )
            for tool in item.tools
            if tool not in looking
        )

    def encode(self) -> bytes:
        """The list as JSON."""
        return msgspec.json.encode(self)


@dataclass(frozen=True)
class Place:
    """Where one job's list and results are."""

    bucket: str
    prefix: str

    @property
    def list_key(self) -> str:
        """The list's key."""
        return f"{self.prefix}/list.json"

    @property
    def url(self) -> str:
        """What a job is given."""
        return f"s3://{self.bucket}/{self.list_key}"

    @property
    def results(self) -> str:
        """What the keys of all results begin with."""
        return f"{self.prefix}/results/"

    def key(self, entry: tuple[str, str], ending: str) -> str:
        """The key of an entry's archive (``zip``) or of the entry itself (``json``)."""
        return f"{self.results}{'/'.join(entry)}.{ending}"

    def entry(self, key: str) -> tuple[str, str]:
        """The account and the tool of such a key."""
        account_id, _, name = key.removeprefix(self.results).partition("/")
        return account_id, name.rpartition(".")[0]


def place(bucket: str, stamp: str, number: int) -> Place:
    """The place of a run's job ``number``."""
    return Place(bucket, f"{RUNS}{stamp}/{number}")


def place_of(url: str) -> Place:
    """The place that ``url`` names; raises UsageError when it is not that of a list."""
    found = _URL.fullmatch(url)
    if not found:
        raise UsageError(
            f"{url} is no list of an audit", remedy="Give s3://BUCKET/runs/STAMP/NUMBER/list.json."
        )
    return Place(found[1], found[2])


def items(entries: Iterable[Entry]) -> tuple[Item, ...]:
    """``entries`` by account, in their order."""
    by_account: dict[str, Item] = {}
    for entry in entries:
        known = by_account.get(entry.account_id, Item(entry.account_id, entry.account_name, ()))
        by_account[entry.account_id] = replace(known, tools=(*known.tools, entry.tool))
    return tuple(by_account.values())


def decode(text: bytes, where: str) -> WorkList:
    """The list in ``text``; raises ToolError when it is not one, or of another version."""
    try:
        found = msgspec.json.decode(text, type=WorkList)
    except msgspec.DecodeError as error:
        raise ToolError(f"no list of an audit: {error}", where=where) from error
    if found.schema != SCHEMA:
        raise ToolError(
            "the list was made by another version of this program",
            where=where,
            remedy="Push the image of the version that submits, and deploy again.",
        )
    return found
