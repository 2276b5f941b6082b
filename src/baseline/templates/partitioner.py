"""Adds partitions to the tables of the database ``auditing``: as files arrive, and for tomorrow.

CloudFormation ships this one file inside the template ``auditing-analytics``, so it needs nothing
but Python and boto3. A message of the queue is an event of EventBridge: "Object Created" of a
central bucket, or the "Scheduled Event" of every day. Both come at least once and in any order;
what is done here gives the same partitions however often and in whatever order it is done.
"""

import json
import os
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ROOT = "AWSLogs/"
# Items of one call [Glue API reference].
CREATES = UPDATES = 100
READS = 1000
_THREADS = 16

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_HOUR = r"(?:(?:hour=)?(?:[01]\d|2[0-3])/)?"
_FILE = r"(?P<file>[^/]+)"
_LEVELS = (
    ("account", "aws-account-id", r"\d{12}"),
    ("kind", "aws-service", "CloudTrail|vpcflowlogs"),
    ("region", "aws-region", r"[a-z]{2,4}(?:-[a-z]+)+-\d+"),
    ("year", "year", r"20\d{2}"),
    ("month", "month", r"0[1-9]|1[0-2]"),
    ("day", "day", r"0[1-9]|[12]\d|3[01]"),
)
_PLAIN = "".join(f"(?P<{name}>{form})/" for name, _, form in _LEVELS)
_HIVE = "".join(f"{hive}=(?P<{name}>{form})/" for name, hive, form in _LEVELS)
_FORMS = tuple(
    re.compile(f"(?P<folder>(?:{_ORGANIZATION.pattern}/)?{form}){_HOUR}{_FILE}", re.ASCII)
    for form in (_PLAIN, _HIVE)
)
_TABLES = (
    ("CloudTrail", "cloudtrail", (".json.gz", ".json")),
    ("vpcflowlogs", "flowlogs_text", (".log.gz", ".log")),
    ("vpcflowlogs", "flowlogs_parquet", (".parquet",)),
)


class Partition(NamedTuple):
    """A partition of ``table``; ``values`` are account, region and date, as its keys are."""

    table: str
    values: tuple[str, str, str]
    location: str


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Bring in the partitions that a batch of messages asks for; names the messages that failed."""
    del context
    asked: dict[Partition, set[str]] = defaultdict(set)
    failed: set[str] = set()
    for message in event["Records"]:
        try:
            for partition in wanted(json.loads(message["body"])):
                asked[partition].add(message["messageId"])
        except (ClientError, BotoCoreError) as error:
            _say("bucket not listed", message=message["messageId"], error=str(error))
            failed.add(message["messageId"])
        except Exception as error:  # noqa: BLE001  # one message must not hold up the others
            _say("message not understood", message=message["messageId"], error=repr(error))
            failed.add(message["messageId"])
    for partition, problem in bring_in(asked).items():
        _say("partition not added", partition=partition, problem=problem)
        failed |= asked[partition]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in sorted(failed)]}


def wanted(event: dict[str, Any]) -> list[Partition]:
    """The partitions that an event asks for: none for a digest, or whatever else is no log."""
    if event["source"] == "aws.events":
        today = date.fromisoformat(event["time"][:10])
        return upcoming((today, today + timedelta(days=1)))
    detail = event["detail"]
    key = detail["object"]["key"]
    # EventBridge gives keys as they are; should one be encoded, it is read as well.
    found = read(detail["bucket"]["name"], key) or read(detail["bucket"]["name"], unquote_plus(key))
    return [found] if found else []


def read(bucket: str, key: str) -> Partition | None:
    """The partition that an object belongs to; None when it is no log object."""
    if bucket not in _buckets():
        return None
    head, root, rest = ("", ROOT, key[len(ROOT) :]) if key.startswith(ROOT) else _after_root(key)
    found = next(filter(None, (form.fullmatch(rest) for form in _FORMS)), None)
    if not root or not found or found["file"].startswith(("_", ".")):
        return None
    day = "-".join(found.group("year", "month", "day"))
    if not _is_day(day):
        return None
    for kind, table, endings in _TABLES:
        if kind == found["kind"] and found["file"].endswith(endings):
            location = f"s3://{bucket}/{head}{root}{found['folder']}"
            return Partition(table, (found["account"], found["region"], day), location)
    return None


def bring_in(asked: Any) -> dict[Partition, str]:
    """Add what is missing and mend what points elsewhere; gives what could not be, and why."""
    chosen: dict[tuple[Any, ...], Partition] = {}
    for partition in asked:
        other = chosen.get(partition[:2])
        chosen[partition[:2]] = preferred(partition, other.location) if other else partition
    problems: dict[Any, str] = {}
    glue, s3 = boto3.client("glue"), boto3.client("s3")
    for table in sorted({partition.table for partition in chosen.values()}):
        found = [p for p in chosen.values() if p.table == table]
        problems |= _Table(glue, s3, table).bring_in(found)
    # Whoever lost to another place shares its fate: it is as good as added, or failed with it.
    return {p: problems[chosen[p[:2]]] for p in asked if chosen[p[:2]] in problems}


def preferred(partition: Partition, location: str) -> Partition:
    """The partition at its own place or at ``location``: the same whichever comes first.

    A partition has one place, so of two trails Athena sees one: the organization's, which every
    account has. What only the account's own records, such as data events, is then not seen by
    Athena; ``baseline logs partitions`` names the folders. A place that is no folder of these logs
    is never preferred.
    """
    other = Partition(partition.table, partition.values, location)
    return min(partition, other, key=_preference) if _fits(other) else partition


def upcoming(days: tuple[date, ...]) -> list[Partition]:
    """The partitions of ``days`` for every account and region that has delivered lately."""
    s3 = boto3.client("s3")
    with ThreadPoolExecutor(_THREADS) as pool:
        folders = [(bucket, ROOT) for bucket in _buckets()]
        for _, hive, form in _LEVELS[:3]:
            name = re.compile(f"(?:{hive}=)?(?:{form})/", re.ASCII)
            listed = pool.map(partial(_below, s3, name), folders)
            folders = [child for found in listed for child in found]
        return [p for found in pool.map(partial(_lately, s3, days), folders) for p in found]


def _below(s3: Any, name: re.Pattern[str], place: tuple[str, str]) -> list[tuple[str, str]]:
    """The folders directly below a folder that are called so; an organization is passed through."""
    bucket, folder = place
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=folder, Delimiter="/"
    )
    found = []
    for child in (c["Prefix"] for page in pages for c in page.get("CommonPrefixes", ())):
        if name.fullmatch(child[len(folder) :]):
            found.append((bucket, child))
        elif _ORGANIZATION.fullmatch(child[len(folder) : -1]):
            found += _below(s3, name, (bucket, child))
    return found


def _lately(s3: Any, days: tuple[date, ...], place: tuple[str, str]) -> list[Partition]:
    """The partitions of ``days`` for a region's folder, if it got a file in the last four weeks.

    What stopped to deliver, such as a closed account, gets no more partitions. A file of the newest
    day tells how files of this folder end, and with that their table.
    """
    bucket, folder = place
    before = [(days[0] - timedelta(days=ago)).isoformat() for ago in (0, 1, 28)]
    for period in (*before[:2], before[0][:7], before[2][:7]):
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=folder + _path(folder, period), MaxKeys=1)
        for key in (found["Key"] for found in listed.get("Contents", ())):
            name = key.rpartition("/")[2]
            keys = [folder + _path(folder, day.isoformat()) + name for day in days]
            return [p for p in (read(bucket, key) for key in keys) if p]
    return []


class _Table:
    """One table of the data catalog, as partitions are added to it."""

    def __init__(self, glue: Any, s3: Any, name: str) -> None:
        self._glue = glue
        self._s3 = s3
        self._place = {"DatabaseName": os.environ["DATABASE"], "TableName": name}

    def bring_in(self, partitions: list[Partition]) -> dict[Partition, str]:
        """Add or mend; gives the partitions that could not be, and why."""
        problems: dict[Partition, str] = {}
        by_values = {p.values: p for p in partitions}
        there = self._each(partitions, CREATES, self._create, problems)
        known = [by_values[values] for values in there]
        wrong = self._each(known, READS, self._wrong, problems)
        updated = self._each(wrong, UPDATES, self._update, problems)
        # Glue takes the last of two updates, whichever knew better. What knew better came with a
        # file, which is in the bucket by now: so the last to update sees it.
        better = self._each(updated, 1, self._better, problems)
        self._each(better, UPDATES, self._update, problems)
        return {by_values[p.values]: problem for p, problem in problems.items()}

    def _each(self, items: list[Any], most: int, work: Any, problems: dict[Partition, str]) -> Any:
        """What ``work`` gives for all items, so many at a time; a refused call hides no other."""
        found = []
        for start in range(0, len(items), most):
            some = items[start : start + most]
            try:
                found += work(some, problems)
            except ClientError as error:
                problems |= dict.fromkeys(some, str(error))
        return found

    def _create(self, some: list[Partition], problems: dict[Partition, str]) -> Any:
        """Create partitions; gives the values of those that were there."""
        answer = self._glue.batch_create_partition(
            **self._place, PartitionInputList=[self._input(p) for p in some]
        )
        there = []
        by_values = {p.values: p for p in some}
        for error in answer.get("Errors", ()):
            values = tuple(error["PartitionValues"])
            if error["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException":
                there.append(values)
            else:
                problems[by_values[values]] = _reason(error)
        return there

    def _wrong(self, some: list[Partition], problems: dict[Partition, str]) -> Any:
        """Those of the partitions that point to a place which is not the preferred one."""
        answer = self._glue.batch_get_partition(
            **self._place, PartitionsToGet=[{"Values": list(p.values)} for p in some]
        )
        found = {
            tuple(p["Values"]): p["StorageDescriptor"]["Location"] for p in answer["Partitions"]
        }
        for partition in some:
            if partition.values not in found:  # deleted meanwhile, or not read: tried again later
                problems[partition] = "exists, and cannot be read"
        return [p for p in some if p.values in found and _misplaced(p, found[p.values])]

    def _update(self, some: list[Partition], problems: dict[Partition, str]) -> Any:
        """Point partitions to where they should; gives those that were."""
        answer = self._glue.batch_update_partition(
            **self._place,
            Entries=[
                {"PartitionValueList": list(p.values), "PartitionInput": self._input(p)}
                for p in some
            ],
        )
        by_values = {p.values: p for p in some}
        for error in answer.get("Errors", ()):
            problems[by_values[tuple(error["PartitionValueList"])]] = _reason(error)
        return [partition for partition in some if partition not in problems]

    def _better(self, some: list[Partition], problems: dict[Partition, str]) -> list[Partition]:
        """The organization's folders of the same logs, where the bucket has such."""
        del problems
        found = (_of_organization(self._s3, partition) for partition in some)
        return [partition for partition in found if partition]

    def _input(self, partition: Partition) -> dict[str, Any]:
        descriptor = self._descriptor() | {"Location": partition.location}
        return {"Values": list(partition.values), "StorageDescriptor": descriptor}

    def _descriptor(self) -> dict[str, Any]:
        """How the table is stored: a partition is stored like its table, but elsewhere."""
        if "described" not in self.__dict__:
            table = self._glue.get_table(
                DatabaseName=self._place["DatabaseName"], Name=self._place["TableName"]
            )
            self.described: dict[str, Any] = table["Table"]["StorageDescriptor"]
        return self.described


def _of_organization(s3: Any, partition: Partition) -> Partition | None:
    bucket, _, folder = partition.location.removeprefix("s3://").partition("/")
    rest = folder[len(ROOT) :]
    # It is the organization's, or of no trail of the roll-out's: there its role may not list.
    if not folder.startswith(ROOT) or _ORGANIZATION.match(rest):
        return None
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=ROOT, Delimiter="/")
    for child in (c["Prefix"] for page in pages for c in page.get("CommonPrefixes", ())):
        place = f"s3://{bucket}/{child}{rest}"
        other = Partition(partition.table, partition.values, place)
        if _ORGANIZATION.fullmatch(child[len(ROOT) : -1]) and _fits(other):
            listed = s3.list_objects_v2(Bucket=bucket, Prefix=child + rest, MaxKeys=1)
            if listed.get("Contents"):
                return other
    return None


def _after_root(key: str) -> tuple[str, str, str]:
    head, found, rest = key.partition("/" + ROOT)
    return (head + "/", ROOT, rest) if found else ("", "", "")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:  # like 2026-02-30
        return False
    return True


def _misplaced(partition: Partition, location: str) -> bool:
    place = location.rstrip("/") + "/"
    return place != partition.location and preferred(partition, place) == partition


def _fits(partition: Partition) -> bool:
    """Whether the location is a folder in which this partition's logs can be."""
    bucket, _, folder = partition.location.removeprefix("s3://").partition("/")
    endings = next(endings for _, table, endings in _TABLES if table == partition.table)
    return read(bucket, f"{folder}x{endings[0]}") == partition


def _preference(partition: Partition) -> tuple[bool, bool, str]:
    hive, organization = "=" in partition.location, f"/{ROOT}o-" in partition.location
    return not organization, hive, partition.location


def _path(folder: str, period: str) -> str:
    """The folders of ``YYYY-MM`` or ``YYYY-MM-DD``, named as those above them are."""
    parts = period.split("-")
    if "=" in folder:
        parts = [
            f"{name}={part}" for name, part in zip(("year", "month", "day"), parts, strict=False)
        ]
    return "".join(f"{part}/" for part in parts)


def _buckets() -> tuple[str, ...]:
    return tuple(os.environ["BUCKETS"].split(","))


def _reason(error: dict[str, Any]) -> str:
    detail = error["ErrorDetail"]
    return f"{detail.get('ErrorCode')}: {detail.get('ErrorMessage')}"


def _say(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}))
